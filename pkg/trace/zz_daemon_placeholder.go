package trace

func DaemonSocket(path string) (string, bool) { return "", false }
