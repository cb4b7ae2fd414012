// Package scandoc recognises what scanners and packagers write: bills of
// materials, SARIF reports, VEX documents and vulnerability lists. It goes by
// the content and never by the name, reads bytes and nothing else, and says in
// counts what is in them.
//
// The bytes come from the step, so they are hostile. A document counts only if
// every reader must see the same in it: valid UTF-8, no key twice in one object,
// no number that a reader may round to something else or refuse, no deep
// nesting. One that names itself and breaks a rule is an error, not a document.
package scandoc
