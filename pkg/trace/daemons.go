package trace

import (
	"path"
	"strings"
)

// DaemonSocket reports which daemon listens on a local socket of that name, if
// it is one that does work on request: containers, builds, services. What it
// then does is the work of its own processes, which no trace of the asking
// process covers. The name is as in Message.Address: a path, or @ and the name
// of an abstract socket.
//
// Places are the defaults of the daemons' own documentation. A container
// engine's socket is known by its last element wherever it is, since rootless
// and desktop installations, and mounts into containers, each have another place.
func DaemonSocket(name string) (daemon string, ok bool) {
	if abstract, is := strings.CutPrefix(name, "@"); is {
		return abstractDaemon(abstract)
	}
	if !path.IsAbs(name) {
		return byBase(path.Base(name))
	}
	name = path.Clean(name)
	if rest, is := strings.CutPrefix(name, "/var/run/"); is { // a link to /run since FHS 3.0
		name = "/run/" + rest
	}
	if rest, is := strings.CutPrefix(name, "/run/user/"); is { // the user's own copy of /run
		if _, rest, is = strings.Cut(rest, "/"); is {
			name = "/run/" + rest
		}
	}
	switch name {
	case "/run/systemd/private", "/run/systemd/io.systemd.Manager":
		return "systemd", true
	case "/run/dbus/system_bus_socket", "/run/bus":
		return "dbus", true
	case "/run/snapd.socket", "/run/snapd-snap.socket":
		return "snapd", true
	case "/run/lxd.socket", "/var/lib/lxd/unix.socket", "/var/snap/lxd/common/lxd/unix.socket", "/run/incus/unix.socket", "/var/lib/incus/unix.socket":
		return "lxd", true
	case "/run/libvirt/libvirt-sock", "/run/libvirt/virtqemud-sock":
		return "libvirt", true
	}
	return byBase(path.Base(name))
}

// byBase knows a daemon by the last element of its socket's path.
func byBase(base string) (daemon string, ok bool) {
	switch base {
	case "docker.sock", "docker.raw.sock":
		return "docker", true
	case "containerd.sock", "containerd.sock.ttrpc":
		return "containerd", true
	case "podman.sock":
		return "podman", true
	case "crio.sock":
		return "cri-o", true
	case "buildkitd.sock":
		return "buildkit", true
	}
	return "", false
}

func abstractDaemon(name string) (daemon string, ok bool) {
	if strings.Contains(name, "/dbus-") || strings.HasPrefix(name, "dbus") {
		return "dbus", true
	}
	if strings.Contains(name, "containerd-shim") {
		return "containerd", true
	}
	return "", false
}
