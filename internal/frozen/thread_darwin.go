package frozen

// onMainThread is true: package initialisation runs on the main thread, and
// here nothing hangs on the identity of a thread.
func onMainThread() bool { return true }
