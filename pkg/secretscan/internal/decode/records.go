package decode

// records reads what is put into the memory of a device: Intel HEX, and S-records of Motorola. Each line has a count, an
// address and a sum. Sources: Intel's specification of 1988 (revision A), Motorola's M68000 family reference.
func (j *job) records() {
	var data []byte
	var at span
	kind := ""
	flush := func() {
		if j.b.work += len(data); j.worthwhile(data) {
			j.give(Child{Decoder: kind, Data: data, Start: at.start, End: at.end})
		}
		data = nil
	}
	var buf [maxRecord]byte
	for _, r := range j.survey.runs {
		var row []byte
		decoder := "intel-hex"
		switch {
		case j.text[r.start] == 'S':
			decoder, row = "s-record", motorolaRecord(j.text[r.start:r.end], buf[:0])
		case r.start > 0 && j.text[r.start-1] == ':':
			row = intelRecord(j.text[r.start:r.end], buf[:0])
		}
		if len(row) == 0 {
			continue
		}
		if len(data) > 0 && (kind != decoder || int(r.start)-at.end > maxGap) {
			flush()
		}
		if len(data) == 0 {
			at.start, kind = int(r.start), decoder
		}
		data, at.end = append(data, row...), int(r.end)
	}
	flush()
}

const (
	recordSum = 1   // byte at the end of a record
	minRecord = 12  // characters of a record with data
	maxRecord = 260 // bytes of the longest, of Intel's; its characters are twice as many
)

// intelRecord reads :LLAAAATT, the data and the sum: all bytes are 0 together. Type 0 has data.
func intelRecord(run, buf []byte) []byte {
	const head = 4
	if len(run) < minRecord || len(run) > 2*maxRecord || len(run)%2 != 0 || classesOf(run)&isHex == 0 {
		return nil
	}
	b := appendRadix(buf, run, hexValues, 4)
	if len(b) != head+int(b[0])+recordSum || sum(b) != 0 || b[3] != 0 {
		return nil
	}
	return b[head : len(b)-recordSum]
}

// motorolaRecord reads S1 to S3, the count of what follows, an address of 2 to 4 bytes, the data and the sum: all bytes are
// 255 together.
func motorolaRecord(run, buf []byte) []byte {
	if len(run) < minRecord || len(run) > 2*maxRecord || run[1] < '1' || run[1] > '3' || len(run)%2 != 0 || classesOf(run[2:])&isHex == 0 {
		return nil
	}
	b := appendRadix(buf, run[2:], hexValues, 4)
	head := 1 + int(run[1]-'1') + 2
	if len(b) != 1+int(b[0]) || len(b) < head+recordSum || sum(b) != 0xff {
		return nil
	}
	return b[head : len(b)-recordSum]
}

func sum(b []byte) (s byte) {
	for _, c := range b {
		s += c
	}
	return s
}
