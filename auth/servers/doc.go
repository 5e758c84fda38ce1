// Package servers has no code: its tests obtain credentials from real servers, and hold them
// against servers that demand them. It is a module of its own, as those servers need much.
package servers
