package expr

import (
	"math"
	"strconv"
	"strings"
	"unicode"
)

// parseNumber returns the number that a string stands for, or NaN: decimal
// numbers as .NET's Double.TryParse reads them, 0x and 0o up to 32 bits, and
// infinity. An empty string is 0. Space around it does not count.
func parseNumber(s string) float64 {
	s = strings.TrimFunc(s, unicode.IsSpace)
	switch {
	case s == "":
		return 0
	case isDecimal(s):
		f, _ := strconv.ParseFloat(s, 64) // beyond the range it is infinite, or 0, as it is for the runner
		return f
	case strings.HasPrefix(s, "0x"):
		return parseInt32(s[2:], 16)
	case strings.HasPrefix(s, "0o"):
		return parseInt32(s[2:], 8)
	}
	// .NET looks for the names of infinity in any case.
	switch strings.ToLower(s) {
	case "infinity", "+infinity":
		return math.Inf(1)
	case "-infinity":
		return math.Inf(-1)
	}
	return math.NaN()
}

// parseInt32 reads the digits of 32 bits in two's complement, so ffffffff is
// -1. What needs more bits is NaN.
func parseInt32(digits string, base int) float64 {
	n, err := strconv.ParseUint(digits, base, 32)
	if err != nil {
		return math.NaN()
	}
	return float64(int32(n))
}

// isDecimal reports whether s is [+-] digits [. digits] [e [+-] digits], with a
// digit on at least one side of the point.
func isDecimal(s string) bool {
	digits := func() int {
		n := 0
		for n < len(s) && s[n] >= '0' && s[n] <= '9' {
			n++
		}
		s = s[n:]
		return n
	}
	sign := func() {
		if s != "" && (s[0] == '+' || s[0] == '-') {
			s = s[1:]
		}
	}
	sign()
	n := digits()
	if strings.HasPrefix(s, ".") {
		s = s[1:]
		n += digits()
	}
	if n == 0 {
		return false
	}
	if s != "" && (s[0] == 'e' || s[0] == 'E') {
		s = s[1:]
		sign()
		if digits() == 0 {
			return false
		}
	}
	return s == ""
}

// precision is how many digits of a number the runner writes: its format is
// .NET's G15.
const precision = 15

// formatNumber writes a number as G15 does: 15 digits at most, and an exponent
// of at least two digits where the number is under 0.0001 or has more than 15
// digits before the point. -0 is 0.
func formatNumber(f float64) string {
	switch {
	case math.IsNaN(f):
		return "NaN"
	case math.IsInf(f, 1):
		return "Infinity"
	case math.IsInf(f, -1):
		return "-Infinity"
	case f == 0:
		return "0"
	}
	mantissa, exponent, _ := strings.Cut(strconv.FormatFloat(f, 'e', precision-1, 64), "e")
	if strings.Contains(mantissa, ".") {
		mantissa = strings.TrimRight(strings.TrimRight(mantissa, "0"), ".")
	}
	e, _ := strconv.Atoi(exponent)
	if e >= precision || e < -4 {
		return mantissa + "E" + exponent // Go's has a sign and two digits too
	}
	sign := ""
	if mantissa[0] == '-' {
		sign, mantissa = "-", mantissa[1:]
	}
	digits := strings.Replace(mantissa, ".", "", 1)
	if e < 0 {
		return sign + "0." + strings.Repeat("0", -e-1) + digits
	}
	if len(digits) <= e+1 {
		return sign + digits + strings.Repeat("0", e+1-len(digits))
	}
	return sign + digits[:e+1] + "." + digits[e+1:]
}
