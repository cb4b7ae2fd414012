package behaviour.network_test

import data.behaviour.network
import rego.v1

reach(fields) := object.union({"processid": 1, "syscall": "connect", "family": "inet", "protocol": "tcp", "address": "203.0.113.7", "port": 443}, fields)

denials(backend, list, params) := n if n := count(network.deny) with input as {"backend": backend, "inlined": true, "network": list}
	with data.cilock as {"params": params}

hosts := {"allowed_hosts": ["proxy.golang.org", "*.example.com"]}

test_deny_other_host if denials("ebpf", [reach({"names": ["evil.test"]})], hosts) == 1

test_deny_near_misses if {
	every name in ["proxy.golang.org.evil.test", "xproxy.golang.org", "example.com", "evilexample.com", "a.example.com.", "a.example.comx"] {
		denials("ebpf", [reach({"names": [name, "x.test"]})], hosts) == 1
	}
}

test_deny_one_of_two_names if denials("ebpf", [reach({"names": ["proxy.golang.org"], "sni": "evil.test"})], hosts) == 1

test_deny_bare_address if {
	denials("ebpf", [reach({})], hosts) == 1
	denials("ebpf", [reach({})], {}) == 1
	denials("ebpf", [reach({"names": []})], {"allowed_hosts": []}) == 1
	denials("ptrace", [reach({})], hosts) == 1
}

test_deny_metadata_always if {
	every address in ["169.254.169.254", "::ffff:169.254.169.254", "fd00:ec2::254"] {
		denials("ptrace", [reach({"address": address, "port": 80, "names": ["proxy.golang.org"]})], hosts) == 1
		denials("ptrace", [reach({"address": address, "port": 53})], {}) == 1
	}
}

test_deny_outside_of_the_range if {
	denials("ptrace", [reach({"address": "198.51.100.1"})], {"allowed_addresses": ["203.0.113.0/24", "::1"]}) == 1
	denials("ptrace", [reach({"address": "2001:db8::1", "family": "inet6"})], {"allowed_addresses": ["203.0.113.0/24"]}) == 1
}

test_deny_public_resolver if denials("ebpf", [reach({"address": "8.8.8.8", "port": 53})], {}) == 1

test_deny_wrong_params if {
	denials("ebpf", [], {"allowed_hosts": ["*"]}) == 1
	denials("ebpf", [], {"allowed_hosts": ["https://example.com"]}) == 1
	denials("ebpf", [], {"allowed_hosts": "example.com"}) >= 1
	denials("ebpf", [], {"allowed_addresses": ["all"]}) == 1
	denials("ebpf", [], {"allowed_addresses": {"a": "0.0.0.0/0"}}) >= 1
}

test_deny_text_for_an_address if denials("ptrace", [reach({"address": "[redacted]"})], {}) == 1

test_deny_raw_packets if denials("ebpf", [reach({"syscall": "send", "protocol": "icmp", "port": 0})], {}) == 1

test_deny_cut if {
	count(network.deny) == 1 with input as {"backend": "ebpf", "inlined": false, "network": []} with data.cilock as {"params": {}}
	count(network.deny) == 1 with input as {"backend": "ebpf", "inlined": true, "notlisted": 1, "network": []} with data.cilock as {"params": {}}
}

test_pass_allowed_hosts if {
	denials("ebpf", [reach({"names": ["proxy.golang.org"]}), reach({"sni": "A.Example.com."})], hosts) == 0
}

test_pass_allowed_addresses if {
	denials("ptrace", [reach({}), reach({"address": "2001:db8::7", "family": "inet6"})], {"allowed_addresses": ["203.0.113.7", "2001:db8::/32"]}) == 0
}

test_pass_named_without_params if denials("ebpf", [reach({"names": ["anything.test"]})], {}) == 0

test_pass_ptrace_without_params if denials("ptrace", [reach({})], {}) == 0

test_pass_local if {
	denials(
		"ebpf", [
			reach({"address": "127.0.0.53", "port": 53}), reach({"address": "::1"}), reach({"address": "::ffff:127.0.0.1"}),
			reach({"address": "10.0.0.2", "port": 53}), reach({"family": "unix", "address": "/run/x"}), reach({"family": "netlink", "address": ""}),
			reach({"syscall": "listen", "address": "0.0.0.0"}), reach({"syscall": "accept"}),
		],
		hosts,
	) == 0
}

test_pass_nothing if denials("ebpf", [], {}) == 0

test_deny_first_letter if denials("ebpf", [reach({"names": ["xroxy.golang.org"]})], hosts) == 1

test_deny_private_address if denials("ebpf", [reach({"address": "10.0.0.2", "port": 443})], hosts) == 1

test_pass_metadata_that_is_listed if denials("ptrace", [reach({"address": "169.254.169.254"})], {"allowed_addresses": ["169.254.169.254"]}) == 0
