// Package trace records what a process and everything that it starts do: the
// processes, the files they open and change, the destinations they reach, and
// calls that a build has no reason to make.
//
// A [Sensor] watches. Packages bpf and ptrace below this one have one each;
// both speak the same stream of [Message] values to a [Handler], so that what
// is made of a trace does not depend on how it was taken. [Summary] is the
// handler that keeps it: processes with their files, destinations and calls.
// [Write] stores a summary as JSON lines, and [Replay] reads them back.
//
// What a sensor could not see is part of its answer. Every stream ends in an
// [Account] with counts for each class of event, the gaps (what should have
// been seen and was not) and the limits (what this sensor, as built, never
// sees or cannot prove).
//
// Strings in a Message are as the kernel had them: any bytes but NUL. Whoever
// prints or signs them redacts and escapes them first.
package trace
