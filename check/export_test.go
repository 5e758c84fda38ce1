package check

// For the tests, which are outside of the package.
var (
	Document  = document
	SharedAPI = sharedAPI
)
