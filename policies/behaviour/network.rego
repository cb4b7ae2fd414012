# METADATA
# title: Connections go to known places
# description: >-
#   With params.allowed_hosts (names, or *.name for all below one) or params.allowed_addresses (addresses or CIDR
#   ranges) every other destination is denied. Without both, one that has an address and no name is, where the sensor
#   sees names (eBPF). The metadata service of clouds is always denied unless its address is listed. Loopback and a
#   resolver in a private network are allowed.
# custom:
#   type: trace
#   required: true
#   severity: high
#   attack: Stolen data leaves to a host of the attacker's, or to a bare address.
#   fix: >-
#     Find out which process it was. Set params.allowed_hosts; with ptrace, which sees no names,
#     params.allowed_addresses.
package behaviour.network

import rego.v1

deny contains "the trace is not in the evidence whole: not all destinations are known" if not whole

whole if {
	input.inlined
	not cut
}

cut if input.notlisted > 0

default hosts := []

hosts := data.cilock.params.allowed_hosts

default addresses := []

addresses := data.cilock.params.allowed_addresses

limited if data.cilock.params.allowed_hosts

limited if data.cilock.params.allowed_addresses

deny contains msg if {
	some name, list in {"allowed_hosts": hosts, "allowed_addresses": addresses}
	not is_array(list)
	msg := sprintf("params.%s must be a list", [name])
}

deny contains msg if {
	some pattern in hosts
	not regex.match(`^(\*\.)?[a-z0-9_-]+(\.[a-z0-9_-]+)*$`, lower(pattern))
	msg := sprintf("params.allowed_hosts has %q, which is no name of a host", [pattern])
}

deny contains msg if {
	some range in addresses
	not is_range(range)
	msg := sprintf("params.allowed_addresses has %q, which is no address and no range", [range])
}

is_range(range) if net.cidr_is_valid(cidr(range))

destinations contains d if {
	some n in input.network
	n.syscall in {"connect", "send"}
	not n.family in {"unix", "netlink"}
	d := {
		"process": n.processid, "port": object.get(n, "port", 0), "family": n.family, "protocol": object.get(n, "protocol", ""),
		"address": trim_prefix(object.get(n, "address", ""), "::ffff:"),
		"names": {trim_suffix(lower(name), ".") | some name in array.concat(object.get(n, "names", []), [object.get(n, "sni", "")]); name != ""},
	}
}

deny contains msg if {
	some d in destinations
	not local(d)
	reason := why(d)
	msg := sprintf("process %d reached %s port %d (%s): %s", [d.process, d.address, d.port, named(d), reason])
}

named(d) := concat(", ", d.names) if count(d.names) > 0

named(d) := "no name was seen" if count(d.names) == 0

why(d) := "the metadata service, which gives credentials to whoever asks" if {
	metadata(d)
	not by_address(d)
} else := "neither its name nor its address is allowed" if {
	limited
	not by_name(d)
	not by_address(d)
} else := "it has no name" if {
	not limited
	input.backend != "ptrace"
	count(d.names) == 0
} else := "it is no address that this rule understands" if {
	not is_address(d.address)
}

is_address(text) if regex.match(`^[0-9a-f.:]+$`, text)

metadata(d) if d.address in {"169.254.169.254", "169.254.170.2", "fd00:ec2::254", "100.100.100.200"}

local(d) if regex.match(`^127\.[0-9.]+$`, d.address)

local(d) if d.address in {"::1", "0.0.0.0", "::"}

# A resolver in a private network. What is asked for is in lookups.
local(d) if {
	d.port == 53
	is_address(d.address)
	some range in ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "168.63.129.16/32", "fd00::/8"]
	inside(range, d.address)
	not metadata(d)
}

# Every name that the address was an answer for must be allowed: one of them is the attacker's to choose.
by_name(d) if {
	count(d.names) > 0
	every name in d.names { known(name) }
}

known(name) if name in {trim_suffix(lower(host), ".") | some host in hosts}

known(name) if {
	some host in hosts
	startswith(host, "*.")
	endswith(name, lower(substring(host, 1, -1)))
}

by_address(d) if {
	is_address(d.address)
	some range in addresses
	is_range(range)
	inside(range, d.address)
}

cidr(range) := range if contains(range, "/")

cidr(range) := concat("", [range, "/32"]) if {
	not contains(range, "/")
	not contains(range, ":")
}

cidr(range) := concat("", [range, "/128"]) if {
	not contains(range, "/")
	contains(range, ":")
}

inside(range, address) if net.cidr_contains(cidr(range), address)
