// Package rules finds secrets in one text with Gitleaks' rules, and without Gitleaks' engine.
//
// The rules, keywords, entropies and allow lists are those of Gitleaks' default configuration, and of a user's file in
// the same form ([Load]). What a rule matches, and which of its matches an allow list drops, is what Gitleaks finds in
// the same text when it decodes nothing, with these differences:
//
//   - "gitleaks:allow" in the text means nothing: whoever writes the text could write it;
//   - paths skip nothing. A rule that Gitleaks applies to some paths only is applied to every text, and the lists of
//     allowed paths are ignored: [Set.LowersTier] says what they would have said;
//   - expressions without a longest match (a JWT, a PEM block, a curl command) look 4 kB ahead, 16 kB if they may cross
//     lines, and a match that goes on there is followed up to 64 kB;
//   - an allow list that looks at the line sees 4 kB of it on each side of the match;
//   - a rule that has found [MaxFindings] secrets in a text stops, and [Set.Find] says so;
//   - letters outside ASCII that fold to ASCII ones (the Kelvin sign, the long s) do not make a keyword.
//
// How: one pass of an Aho-Corasick automaton finds the places where a rule's expression could match, from literals that
// each of its matches has to contain. At each place a test on byte classes comes first, and an expression anchored at
// that place second. Time is linear in the text whatever the text is: a rule whose places lie so densely that their
// windows overlap many times over is matched over the union of those windows instead.
package rules
