// Package secretscan keeps credentials out of what is signed, printed or spooled.
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
package secretscan
