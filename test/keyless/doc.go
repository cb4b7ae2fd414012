// Package keyless tests signing with the job's identity, and what becomes of it
// when a service fails, against real servers on loopback. It has tests only.
package keyless
