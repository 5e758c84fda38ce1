package expr

import "net/http"

// An Env holds the values that expressions refer to. Everything that it does
// not hold is missing; the zero Env is empty and ready to use.
type Env struct {
	Inputs             map[string]any            // $inputs.<name>
	Outputs            map[string]any            // $outputs.<name>
	Steps              map[string]map[string]any // $steps.<stepId>.outputs.<name>, by stepId
	Workflows          map[string]Workflow       // $workflows.<workflowId>, by workflowId
	SourceDescriptions map[string]Source         // $sourceDescriptions.<name>, by name
	Components         Components                // $components
	Self               string                    // $self, of Arazzo 1.1.0

	URL        string   // $url: of the request as it was sent, with its query (E7)
	Method     string   // $method: in upper case (E7)
	StatusCode int      // $statusCode; 0 if there is no response
	Request    Request  // $request
	Response   Response // $response
}

// A Workflow holds the values of a workflow.
type Workflow struct {
	Inputs  map[string]any // $workflows.<workflowId>.inputs.<name>
	Outputs map[string]any // $workflows.<workflowId>.outputs.<name>
}

// A Source is a source description. Its operations go before its fields (E11).
type Source struct {
	Operations []string // the operationIds or workflowIds; as a value each is itself
	URL        string   // $sourceDescriptions.<name>.url
	Type       string   // $sourceDescriptions.<name>.type
}

// Components holds the components that have a value.
type Components struct {
	Parameters map[string]any // $components.parameters.<name>: the parameter's value (E13)
}

// A Request is what was sent.
type Request struct {
	Header http.Header    // $request.header.<name>, as text (E6)
	Query  map[string]any // $request.query.<name>, typed as given (E8)
	Path   map[string]any // $request.path.<name>, typed as given (E8)
	Body   any            // $request.body; nil if there is none (json.RawMessage("null") is null)
}

// A Response is what was received.
type Response struct {
	Header http.Header // $response.header.<name> (E6)
	Body   any         // $response.body; nil is null if there is a StatusCode (E9)
}
