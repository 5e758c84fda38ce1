//go:build race

package xpath_test

// The race detector empties pools at random, so that package regexp allocates
// its buffers again: memory is not what it is without.
const raceDetector = true
