package arazzo

import (
	"reflect"
	"regexp"
	"strings"
	"testing"

	"github.com/gobelin-dev/gobelin/internal/nearest"
)

// What is said of foreign fields names fields that there are, and no field of the
// object itself is called foreign.
func TestForeignFields(t *testing.T) {
	known := map[string]bool{}
	for _, object := range []reflect.Type{reflect.TypeFor[Workflow](), reflect.TypeFor[Step](), reflect.TypeFor[Action](),
		reflect.TypeFor[Parameter](), reflect.TypeFor[RequestBody](), reflect.TypeFor[Criterion]()} {
		for _, name := range fieldsOf(object).names {
			known[name] = true
		}
	}
	camel := regexp.MustCompile(`\b[a-z]+[A-Z][A-Za-z]*\b`)
	for object, list := range foreign {
		own := map[string]bool{}
		for _, name := range fieldsOf(object).names {
			own[nearest.Plain(name)] = true
		}
		seen := map[string]bool{}
		for _, f := range list {
			for name := range strings.FieldsSeq(f.fields) {
				if own[name] || seen[name] || name != nearest.Plain(name) {
					t.Errorf("%s: %q is a field, or twice in the table, or not plain", object, name)
				}
				seen[name] = true
				if got := insteadOf(object, strings.ToUpper(name)); got != "; "+f.instead {
					t.Errorf("%s: %q: %q", object, name, got)
				}
			}
			for _, name := range camel.FindAllString(f.instead, -1) {
				if !known[name] {
					t.Errorf("%s: %q names %q, which is no field", object, f.instead, name)
				}
			}
		}
	}
	if got := insteadOf(reflect.TypeFor[Step](), "owner"); got != "" {
		t.Errorf("owner: %q", got)
	}
}
