package main

// netTricks reach something, or let somebody in.
func netTricks() []Trick {
	const v4, v6 = "127.0.0.1", "::1"
	object := all(Object)
	// to is the one thing that has to be known: where to.
	to := func(ops, family, protocol, address, port string, g Grades) Want {
		return Want{What: "where to", Is: reached(ops, family, protocol, address, port), Grades: g}
	}
	ring := Grades{Fentry: Object, Exit: Object, Ptrace: Call}
	uring := []string{"io_uring_setup", "io_uring_enter", "io_uring_register"}
	byRing := func(t Trick) Trick {
		t.Wants[0].Calls, t.Wants[0].Limit = uring, "io_uring"
		return t
	}
	tricks := []Trick{
		{Name: "tcp4", Does: "TCP over IPv4", Wants: []Want{to("connect", "inet", "tcp", v4, "{port}", object)}},
		{Name: "tcp6", Does: "TCP over IPv6, not waited for", Wants: []Want{to("connect", "inet6", "tcp", v6, "{port}", object)}},
		{Name: "v4mapped", Does: "IPv4 through a socket of IPv6", Wants: []Want{
			{What: "where to", Is: either(reached("connect", "", "tcp", v4, "{port}"), reached("connect", "", "tcp", "::ffff:"+v4, "{port}")), Grades: object},
		}},
		{Name: "tcp_fastopen", Does: "TCP fast open: sendto instead of connect", Wants: []Want{to("connect|send", "inet", "tcp", v4, "{port}", object)}},
		{Name: "mptcp", Does: "multipath TCP", Wants: []Want{to("connect", "inet", "", v4, "{port}", object)}},
		{Name: "int80_connect", Does: "connect by int 0x80 and socketcall", Wants: []Want{to("connect", "inet", "tcp", v4, "{port}", object)}},
		byRing(Trick{Name: "uring_connect", Does: "io_uring: connect", Wants: []Want{to("connect", "inet", "tcp", v4, "{port}", ring)}}),
		byRing(Trick{
			Name: "uring_connect_async", Program: "uring_connect", Args: []string{"async"}, Does: "io_uring: connect by a worker",
			Wants: []Want{to("connect", "inet", "tcp", v4, "{port}", ring)},
		}),
		byRing(Trick{Name: "uring_sendmsg", Does: "io_uring: sendmsg of a datagram", Wants: []Want{to("send|connect", "inet", "udp", v4, "{port}", ring)}}),
	}
	for _, how := range []string{"sendto", "sendmsg", "sendmmsg", "connect"} {
		for _, v := range []struct{ n, family, address string }{{"4", "inet", v4}, {"6", "inet6", v6}} {
			tricks = append(tricks, Trick{
				Name: "udp" + v.n + "_" + how, Program: "udp", Args: []string{v.n, how}, Does: "one datagram to an odd port, IPv" + v.n + ", " + how,
				Wants: []Want{to("send|connect", v.family, "udp", v.address, "{port}", object)},
			})
		}
	}
	return append(tricks, oddNetTricks()...)
}

// oddNetTricks are those below, beside and before TCP and UDP.
func oddNetTricks() []Trick {
	object := all(Object)
	two := func(name, does, ops string) Trick {
		return Trick{Name: name, Does: does, Wants: []Want{
			{What: "the first place", Is: reached(ops, "inet", "udp", "127.0.0.1", "{port}"), Grades: object},
			{What: "the second place", Is: reached(ops, "inet", "udp", "127.0.0.1", "{second}"), Grades: object},
		}}
	}
	race := two("addr_race", "another thread changes the port while connect reads it", "connect")
	lost := "the race is lost at the tracer's pace"
	race.Changed = map[string]string{"ptrace": lost, "ebpf": lost}
	return []Trick{
		two("sendmmsg_many", "two places in one sendmmsg", "send|connect"),
		race,
		{Name: "raw_icmp", Does: "an ICMP echo by a raw socket", Wants: []Want{
			{What: "where to", Is: reached("send|connect", "inet", "", "127.0.0.1", ""), Grades: object},
		}},
		{Name: "packet", Does: "a packet made by hand, below IP", Wants: []Want{
			{What: "that packets are sent", Is: reached("", "packet", "", "", ""), Grades: object, Limit: "packet"},
		}},
		{Name: "unix_path", Does: "Unix sockets: path, datagram, abstract name", Wants: []Want{
			{What: "connect to a path", Is: reached("connect", "unix", "", "./stream", ""), Said: reached("connect", "unix", "", "stream", ""), Grades: object},
			{
				What: "datagram to a path", Is: reached("send|connect", "unix", "", "./datagram", ""),
				Said: reached("send", "unix", "", "datagram", ""), Grades: Grades{Fentry: Said, Exit: Said, Ptrace: Object},
			},
			{What: "connect to an abstract name", Is: reached("connect", "unix", "", "{abstract}", ""), Grades: object},
		}},
		{Name: "listen_in", Does: "a port to come in by: listen without bind", Wants: []Want{
			{What: "that it listens", Is: reached("listen|bind", "inet", "tcp", "", ""), Grades: object},
		}},
		{Name: "vsock", Does: "vsock", Wants: []Want{
			{What: "where to", Is: reached("connect", "vsock", "", "", ""), Grades: object},
		}},
	}
}
