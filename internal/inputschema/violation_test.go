package inputschema

import (
	"errors"
	"math/big"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/santhosh-tekuri/jsonschema/v6/kind"
)

// planted is the value of the inputs that no message may have.
const planted = "87654321"

func tellsPlanted(text string) bool {
	return slices.ContainsFunc([]string{planted, "8.7654321", "87,654,321", "8.77e+07", "56 55 54"},
		func(s string) bool { return strings.Contains(text, s) })
}

// Every kind of error has its words, also those that inputs do not come to.
func TestMessageOfEachKind(t *testing.T) {
	secret := big.NewRat(87654321, 1)
	bound := big.NewRat(5, 1)
	secretErr := errors.New(planted)
	kinds := []jsonschema.ErrorKind{
		&kind.InvalidJsonValue{Value: planted}, &kind.Not{}, &kind.AllOf{}, &kind.AnyOf{}, &kind.OneOf{}, &kind.FalseSchema{},
		&kind.RefCycle{}, &kind.Type{Got: "string", Want: []string{"null"}},
		&kind.Enum{Got: planted, Want: []any{"a"}}, &kind.Const{Got: planted, Want: "a"},
		&kind.Format{Got: planted, Want: "f", Err: secretErr}, &kind.MinProperties{}, &kind.MaxProperties{}, &kind.MinItems{}, &kind.MaxItems{},
		&kind.AdditionalItems{}, &kind.Required{}, &kind.Dependency{}, &kind.DependentRequired{},
		&kind.AdditionalProperties{}, &kind.PropertyNames{},
		&kind.UniqueItems{}, &kind.Contains{}, &kind.MinContains{}, &kind.MaxContains{}, &kind.MinLength{}, &kind.MaxLength{},
		&kind.Pattern{Got: planted, Want: "a"}, &kind.ContentEncoding{Want: "base64", Err: secretErr},
		&kind.ContentMediaType{Got: []byte(planted), Want: "application/json", Err: secretErr}, &kind.ContentSchema{},
		&kind.Minimum{Got: secret, Want: bound}, &kind.Maximum{Got: secret, Want: bound}, &kind.ExclusiveMinimum{Got: secret, Want: bound},
		&kind.ExclusiveMaximum{Got: secret, Want: bound}, &kind.MultipleOf{Got: secret, Want: bound},
	}
	fallback := violationMessage(&unknownKind{})
	for _, k := range kinds {
		message := violationMessage(k)
		if message == "" || message == fallback || tellsPlanted(message) {
			t.Errorf("%T: %q", k, message)
		}
	}
	for known := range violationMessages {
		if !slices.ContainsFunc(kinds, func(k jsonschema.ErrorKind) bool { return reflect.TypeOf(k) == known }) {
			t.Errorf("%v is not in this test", known)
		}
	}
	if tellsPlanted(fallback) {
		t.Error(fallback)
	}
}

// unknownKind is a kind of error of a later version of the library.
type unknownKind struct{ kind.Pattern }

func (*unknownKind) KeywordPath() []string { return []string{planted} }

func TestPanicOfValidatorIsAnError(t *testing.T) {
	err := Guarded(func() error { panic(planted) })
	if err == nil || tellsPlanted(err.Error()) {
		t.Errorf("error: %v", err)
	}
	if err := Guarded(func() error { return nil }); err != nil {
		t.Error(err)
	}
}
