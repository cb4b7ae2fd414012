package trace

import "testing"

func TestDaemonSocket(t *testing.T) {
	for name, want := range map[string]string{
		"/run/docker.sock":                         "docker",
		"/var/run/docker.sock":                     "docker",
		"/run/../run//docker.sock":                 "docker",
		"docker.sock":                              "docker",
		"/home/u/.docker/run/docker.sock":          "docker",
		"/run/user/1000/docker.sock":               "docker",
		"/run/containerd/containerd.sock":          "containerd",
		"/run/k3s/containerd/containerd.sock":      "containerd",
		"@/containerd-shim/moby/x/shim.sock@":      "containerd",
		"/run/user/1000/podman/podman.sock":        "podman",
		"/run/podman/podman.sock":                  "podman",
		"/run/buildkit/buildkitd.sock":             "buildkit",
		"/run/systemd/private":                     "systemd",
		"/run/user/1000/systemd/private":           "systemd",
		"/run/dbus/system_bus_socket":              "dbus",
		"/var/run/dbus/system_bus_socket":          "dbus",
		"/run/user/0/bus":                          "dbus",
		"@/tmp/dbus-Xy12":                          "dbus",
		"/run/snapd.socket":                        "snapd",
		"/run/libvirt/libvirt-sock":                "libvirt",
		"/var/snap/lxd/common/lxd/unix.socket":     "lxd",
		"/run/nscd/socket":                         "",
		"/dev/log":                                 "",
		"/tmp/my.sock":                             "",
		"@cilock":                                  "",
		"/run/systemd/journal/socket":              "",
		"/run/docker.sock.d/other":                 "",
		"":                                         "",
		"/run/user/1000":                           "",
		"/opt/private":                             "",
		"/home/u/dbus/system_bus_socket/elsewhere": "",
	} {
		if got, ok := DaemonSocket(name); got != want || ok != (want != "") {
			t.Errorf("%s: %q, %v, want %q", name, got, ok, want)
		}
	}
}
