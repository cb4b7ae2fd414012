// Package secretscan keeps credentials out of what is signed, printed or spooled, and finds those that got out.
//
// A [Redactor] is made once from an environment. It knows the values of variables with secret-looking names
// ([SecretName]) in the forms in which programs print them, and replaces each occurrence by [REDACTED:NAME];
// credentials in URLs become [REDACTED:url] whether or not a variable holds them.
//
// What it promises about its output, for every input: no known form of a known value of 8 bytes or more occurs in it,
// not even across the seam between a replacement and the text around it; and redacting it again changes nothing.
//
// What it does not see: values it was not told about, values cut short or spread out, values inside compression,
// hexadecimal or two layers of encoding, and base64 that is wrapped anywhere but at 64 or 76 columns from its start.
// Where a form is only partly decided by the value (the first and last character of base64 in the middle of
// something longer), those characters stay: at most 4 bits at each end.
//
// A [Scanner] finds secrets in sources of any length: what rules say looks like one, and the step's own [Values], in the
// text and in everything that it encodes, some layers deep. Nothing of a secret is in a [Finding], but a digest under a
// key that is drawn for each scanner. What was not looked at is a gap, and a [Result] with one is incomplete, not clean;
// so is one whose canary, a secret that the scanner made up, was not found.
//
// [Scanner.RedactFound] is for short texts that are kept: it replaces what a scan of them would find.
//
// What a Scanner does not see: formats that no decoder knows, such as 7z, rar, lz4 and brotli, what is encrypted, encoded
// text that is longer than 768 KiB and compressed, and values that are shorter than 8 bytes or look like words. Only of
// members of a zip that are encrypted there is a gap.
package secretscan
