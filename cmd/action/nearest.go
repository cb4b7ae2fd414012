package main

import "strings"

// nearest returns the one of known that word was most likely meant to be, or
// nothing where none or several are as likely: what differs by a slip or two of
// the fingers, else the only one that word begins.
func nearest(word string, known []string) string {
	best, least := "", 1+min(2, len(word)/3)
	for _, k := range known {
		switch d := slips(strings.ToLower(word), k); {
		case d < least:
			best, least = k, d
		case d == least && best != "":
			best = ""
		}
	}
	if best != "" {
		return best
	}
	for _, k := range known {
		if len(word) < 3 || !strings.HasPrefix(k, word) {
			continue
		}
		if best != "" {
			return ""
		}
		best = k
	}
	return best
}

// slips counts the letters that are missing, too many, wrong, or in the order of
// their neighbours between two short words.
func slips(a, b string) int {
	before, last := make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range last {
		last[j] = j
	}
	for i := 1; i <= len(a); i++ {
		row := make([]int, len(b)+1)
		row[0] = i
		for j := 1; j <= len(b); j++ {
			wrong := 1
			if a[i-1] == b[j-1] {
				wrong = 0
			}
			row[j] = min(last[j]+1, row[j-1]+1, last[j-1]+wrong)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
		before, last = last, row
	}
	return last[len(b)]
}
