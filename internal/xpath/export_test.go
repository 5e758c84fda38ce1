package xpath

// LimitVisits lowers the limit of an evaluation until restore is called, so
// that a test of the limit takes less time.
func LimitVisits(n int) (restore func()) {
	before := maxVisits
	maxVisits = n
	return func() { maxVisits = before }
}
