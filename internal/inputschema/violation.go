package inputschema

import (
	"cmp"
	"fmt"
	"math/big"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/gobelin-dev/gobelin/internal/value"
	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/santhosh-tekuri/jsonschema/v6/kind"
)

// violations flattens a validation error to its leaves, in the order of their
// places.
func violations(e *jsonschema.ValidationError) []Violation {
	return sortedViolations(appendViolations(nil, e))
}

func sortedViolations(list []Violation) []Violation {
	slices.SortFunc(list, func(a, b Violation) int {
		return cmp.Or(strings.Compare(a.Pointer, b.Pointer), strings.Compare(a.Message, b.Message))
	})
	return slices.Compact(list)
}

func appendViolations(list []Violation, e *jsonschema.ValidationError) []Violation {
	if len(e.Causes) == 0 {
		return append(list, Violation{Pointer: instancePointer(e), Message: violationMessage(e.ErrorKind)})
	}
	for _, cause := range e.Causes {
		list = appendViolations(list, cause)
	}
	return list
}

func instancePointer(e *jsonschema.ValidationError) string {
	var b strings.Builder
	for _, token := range e.InstanceLocation {
		b.WriteString("/" + value.PointerToken(token))
	}
	return b.String()
}

// violationMessage returns what would be right. It never contains the value, which
// may be a secret whatever the schema says about it. Names of members are not
// secrets; the pointers of violations contain them too.
func violationMessage(k jsonschema.ErrorKind) string {
	if message, known := violationMessages[reflect.TypeOf(k)]; known {
		return message(k)
	}
	return "does not fit the schema"
}

// violationMessages has a message for each kind of error of the validator.
var violationMessages = map[reflect.Type]func(jsonschema.ErrorKind) string{}

func say[K jsonschema.ErrorKind](message func(k K) string) {
	violationMessages[reflect.TypeFor[K]()] = func(k jsonschema.ErrorKind) string { return message(k.(K)) }
}

func init() {
	say(func(k *kind.Type) string { return fmt.Sprintf("got %s, want %s", k.Got, strings.Join(k.Want, " or ")) })
	say(func(k *kind.Const) string { return "must be " + shortJSON(k.Want) })
	say(func(k *kind.Enum) string { return "must be one of " + shortList(k.Want, shortJSON) })
	say(func(k *kind.Format) string { return "must be a valid " + k.Want })
	say(func(k *kind.FalseSchema) string { return "is not allowed" })
	say(func(k *kind.RefCycle) string {
		return "cannot be judged: the schema refers to itself for the same value"
	})
	say(func(k *kind.InvalidJsonValue) string { return "is not a JSON value" })

	say(func(k *kind.Minimum) string { return "must be at least " + decimalText(k.Want) })
	say(func(k *kind.Maximum) string { return "must be at most " + decimalText(k.Want) })
	say(func(k *kind.ExclusiveMinimum) string { return "must be more than " + decimalText(k.Want) })
	say(func(k *kind.ExclusiveMaximum) string { return "must be less than " + decimalText(k.Want) })
	say(func(k *kind.MultipleOf) string { return "must be a multiple of " + decimalText(k.Want) })

	say(func(k *kind.MinLength) string {
		return "must have at least " + counted(k.Want, "character", "characters")
	})
	say(func(k *kind.MaxLength) string {
		return "must have at most " + counted(k.Want, "character", "characters")
	})
	say(func(k *kind.Pattern) string { return "must match " + strconv.Quote(k.Want) })
	say(func(k *kind.ContentEncoding) string { return "must be encoded as " + k.Want })
	say(func(k *kind.ContentMediaType) string { return "must be of the media type " + k.Want })
	say(func(k *kind.ContentSchema) string { return "must have content that fits its schema" })

	say(func(k *kind.MinProperties) string {
		return "must have at least " + counted(k.Want, "property", "properties")
	})
	say(func(k *kind.MaxProperties) string {
		return "must have at most " + counted(k.Want, "property", "properties")
	})
	say(func(k *kind.Required) string { return missing(k.Missing) })
	say(func(k *kind.Dependency) string { return missing(k.Missing) + ", required beside " + quoted(k.Prop) })
	say(func(k *kind.DependentRequired) string {
		return missing(k.Missing) + ", required beside " + quoted(k.Prop)
	})
	say(func(k *kind.AdditionalProperties) string {
		slices.Sort(k.Properties)
		return pluralOf(k.Properties, "property ", "properties ") + shortList(k.Properties, quoted) + " not allowed"
	})
	say(func(k *kind.PropertyNames) string { return "property name " + quoted(k.Property) + " not allowed" })

	say(func(k *kind.MinItems) string { return "must have at least " + counted(k.Want, "item", "items") })
	say(func(k *kind.MaxItems) string { return "must have at most " + counted(k.Want, "item", "items") })
	say(func(k *kind.AdditionalItems) string {
		return "has " + counted(k.Count, "item", "items") + " too many"
	})
	say(func(k *kind.UniqueItems) string {
		return fmt.Sprintf("items %d and %d are equal; all must be different", k.Duplicates[0], k.Duplicates[1])
	})
	say(func(k *kind.Contains) string { return "must have an item that fits the schema of contains" })
	say(func(k *kind.MinContains) string {
		return fmt.Sprintf("must have at least %d items that fit the schema of contains, got %d", k.Want, len(k.Got))
	})
	say(func(k *kind.MaxContains) string {
		return fmt.Sprintf("must have at most %d items that fit the schema of contains, got %d", k.Want, len(k.Got))
	})

	say(func(k *kind.Not) string { return "must not fit the schema of not" })
	say(func(k *kind.AllOf) string { return "must fit all schemas of allOf" })
	say(func(k *kind.AnyOf) string { return "must fit a schema of anyOf" })
	say(func(k *kind.OneOf) string {
		if len(k.Subschemas) == 2 {
			return fmt.Sprintf("must fit one schema of oneOf only, fits those at %d and %d", k.Subschemas[0], k.Subschemas[1])
		}
		return "must fit a schema of oneOf"
	})
}

func quoted(name string) string { return "'" + name + "'" }

func pluralOf(list []string, one, many string) string {
	if len(list) == 1 {
		return one
	}
	return many
}

func counted(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return strconv.Itoa(n) + " " + many
}

func missing(names []string) string {
	return pluralOf(names, "missing property ", "missing properties ") + shortList(names, quoted)
}

const maxListed = 20

// shortList lists the first of many.
func shortList[T any](list []T, text func(T) string) string {
	var parts []string
	for _, item := range list[:min(len(list), maxListed)] {
		parts = append(parts, text(item))
	}
	if more := len(list) - maxListed; more > 0 {
		parts = append(parts, fmt.Sprintf("and %d more", more))
	}
	return strings.Join(parts, ", ")
}

const maxShown = 200

// shortJSON returns a value of a schema in JSON form, its beginning if it is long.
func shortJSON(v any) string {
	text := string(value.AppendJSON(nil, v))
	if len(text) > maxShown {
		text = strings.ToValidUTF8(text[:maxShown], "") + "…"
	}
	return text
}

// decimalText returns a number of a schema exactly, or rounded if it is long.
func decimalText(r *big.Rat) string {
	places, _ := r.FloatPrec()
	if text := r.FloatString(places); len(text) <= 40 {
		return text
	}
	return new(big.Float).SetRat(r).Text('g', 17)
}
