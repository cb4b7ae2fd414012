package step

import (
	"os"
	"testing"
)

func TestParseStat(t *testing.T) {
	me, err := readStat(os.Getpid())
	if err != nil || me.pid != os.Getpid() || me.ppid != os.Getppid() || me.start == 0 || !me.alive() {
		t.Errorf("%+v, %v", me, err)
	}
	st, err := parseStat("7 (a) R 1 (b) Z 5 6 0 0 0 4 0 0 0 0 0 0 0 0 0 0 1 0 99 0")
	if err != nil || st.comm != "a) R 1 (b" || st.ppid != 5 || st.pgrp != 6 || st.state != 'Z' || st.start != 99 || st.flags != 4 || st.alive() {
		t.Errorf("%+v, %v", st, err)
	}
}

func FuzzParseStat(f *testing.F) {
	b, _ := os.ReadFile("/proc/self/stat")
	f.Add(string(b))
	f.Add("1 (") // no end of the name
	f.Add(")(")
	f.Fuzz(func(t *testing.T, line string) {
		if st, err := parseStat(line); err == nil && st.state == 0 {
			t.Errorf("%q: %+v", line, st)
		}
	})
}
