package xpath

// LimitVisits lowers what an evaluation may take until restore is called, so that
// a test of the bound takes less time.
func LimitVisits(n int) (restore func()) {
	before := maxVisits
	maxVisits = n
	return func() { maxVisits = before }
}
