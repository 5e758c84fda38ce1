package arazzo

import (
	"reflect"
	"strings"

	"github.com/gobelin-dev/gobelin/internal/nearest"
)

// foreign are fields of other workflow languages with what Arazzo has in their
// place, by the object that they are written in. Names are compared without
// case and separators.
var foreign = map[reflect.Type][]struct{ fields, instead string }{
	reflect.TypeFor[Document](): {
		{"servers server baseurl host", "requests go to the servers of the descriptions"},
		{"env variables vars", "write inputs in the workflow"},
		{"security auth authentication", "the descriptions say what credentials a request needs"},
	},
	reflect.TypeFor[Workflow](): {
		{"name id", "a workflow has a workflowId and a summary"},
		{"tasks jobs actions nodes states flow tests", "write steps"},
		{"env variables vars params", "write inputs, which are a JSON Schema"},
		{"on triggers trigger schedule cron", "a workflow begins when it is run"},
		{"servers server baseurl host", "requests go to the servers of the descriptions"},
	},
	reflect.TypeFor[Step](): {
		{"name id", "a step has a stepId and a description"},
		{"foreach each loop items withitems iterate while until repeat matrix",
			"nothing loops over a list; a goto in onSuccess that has criteria repeats a step"},
		{"if when unless only skip skipif condition", "a goto with criteria in onSuccess of the step before can skip a step"},
		{"switch case choice choices branches", "write onSuccess with one goto for each case, which has criteria"},
		{"parallel concurrency", "steps are executed one after the other"},
		{"wait delay sleep pause", "a retry in onFailure waits for retryAfter seconds"},
		{"retry retries retrypolicy maxretries attempts", "write onFailure with an action of type retry"},
		{"catch onerror rescue finally", "write onFailure"},
		{"next goto then transition end", "write onSuccess with an action of type goto or end"},
		{"assert assertions expect expected checks check tests test validate", "write successCriteria"},
		{"extract capture save export store register set variables result", "write outputs"},
		{"headers header query queryparams pathparams params path cookies with inputs input args arguments",
			"write parameters, each with a name and a value, and in"},
		{"body payload data json form", "write requestBody with a payload"},
		{"method url uri endpoint request http call uses", "write operationId or operationPath, which name an operation of a source description"},
		{"script run code function", "a step calls an operation or a workflow"},
		{"needs depends requires after", "steps are executed in their order, from version 1.1.0 on also by dependsOn"},
	},
	reflect.TypeFor[Action](): {
		{"condition conditions if when", "write criteria, a list of conditions"},
		{"goto step next target then to", "write type: goto with stepId"},
		{"workflow", "write type: goto with workflowId"},
		{"wait delay sleep interval backoff after", "write type: retry with retryAfter, which is in seconds"},
		{"attempts maxattempts retries maxretries limit times", "write type: retry with retryLimit"},
		{"outputs output", "write them in the step"},
	},
	reflect.TypeFor[Criterion](): {
		{"expression expr if when test", "write condition"},
		{"operator equals equal value expected", "a condition has both sides of a comparison: $response.body#/name == 'value'"},
	},
	reflect.TypeFor[Parameter](): {
		{"$ref ref", "write reference: $components.parameters.<name>"},
		{"default schema required example style explode", "the description declares what a parameter is; write its value"},
	},
	reflect.TypeFor[RequestBody](): {
		{"$ref ref", "no request body can be referred to; write it here"},
		{"body data value json content schema example examples", "write payload"},
		{"mediatype type", "write contentType"},
		{"headers", "write parameters with in: header in the step"},
	},
}

// insteadOf returns what to write in place of a field that other languages have,
// as the end of a message, or "".
func insteadOf(object reflect.Type, field string) string {
	plain := nearest.Plain(field)
	for _, f := range foreign[object] {
		for name := range strings.FieldsSeq(f.fields) {
			if name == plain {
				return "; " + f.instead
			}
		}
	}
	return ""
}
