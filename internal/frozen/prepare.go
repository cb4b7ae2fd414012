package frozen

import "syscall"

// Preparation is what a tracer needs and only the frozen process can do, being
// the one that it is about. It is for Linux; elsewhere it fails.
type Preparation struct {
	// Tracer may attach with ptrace although it is no ancestor
	// (PR_SET_PTRACER, which the Yama security module asks for). 0 is nobody.
	Tracer int
	// Filter is a seccomp program, as an array of the kernel's struct
	// sock_filter; empty for none. It stays for the command and everything that
	// it starts.
	Filter []byte
	// NoNewPrivs is set before the filter: a process without CAP_SYS_ADMIN may
	// install none otherwise. It takes setuid programs their privilege.
	NoNewPrivs bool
}

// maxFilter is BPF_MAXINSNS of the kernel, in bytes.
const maxFilter = 4096 * 8

// PrepareMessage encodes p. The error wraps EINVAL if the filter is no whole
// number of instructions, or has too many.
func PrepareMessage(p Preparation) ([]byte, error) {
	if len(p.Filter)%8 != 0 || len(p.Filter) > maxFilter || p.Tracer < 0 {
		return nil, &exError{"a malformed preparation", syscall.EINVAL}
	}
	b := appendUint32([]byte{kindPrepare}, uint32(5+len(p.Filter)))
	b = appendUint32(b, uint32(p.Tracer))
	flag := byte(0)
	if p.NoNewPrivs {
		flag = 1
	}
	return append(append(b, flag), p.Filter...), nil
}

func parsePreparation(body []byte) (p Preparation, err error) {
	if len(body) < 5 || body[4] > 1 || (len(body)-5)%8 != 0 || len(body)-5 > maxFilter || int32(uint32At(body)) < 0 {
		return p, errMessage
	}
	return Preparation{Tracer: int(uint32At(body)), NoNewPrivs: body[4] == 1, Filter: body[5:]}, nil
}

// Prepared is what the process answers when it has done a preparation.
const Prepared = "ok\n"

// answer encodes what became of a preparation.
func answer(err error) []byte {
	if err != nil {
		return failure(ExitNotExecutable, err.Error())
	}
	return []byte(Prepared)
}

// ParseAnswer reads one line of an answer: an error says why the preparation
// was not done.
func ParseAnswer(line string) error {
	if line == Prepared {
		return nil
	}
	if o := ParseOutcome([]byte(line)); o.Reason != "" {
		return &prepareError{o.Reason}
	}
	return errMessage
}

type prepareError struct{ reason string }

func (e *prepareError) Error() string { return e.reason }
