package nearest

import "testing"

func TestOnly(t *testing.T) {
	tests := []struct {
		name       string
		candidates []string
		want       string
	}{
		{"getOrdr", []string{"getOrder", "listItems"}, "getOrder"},
		{"GetOrder", []string{"getOrder"}, "getOrder"},
		{"craete", []string{"create", "get"}, "create"},
		{"list3", []string{"list1", "list2"}, ""},
		{"getOrder", []string{"getOffer"}, ""},
		{"id", []string{"ids"}, ""},
		{"frst", []string{"first", "first"}, "first"},
		{"abc", nil, ""},
	}
	for _, test := range tests {
		if got := Only(test.name, test.candidates); got != test.want {
			t.Errorf("%s of %q: %q, want %q", test.name, test.candidates, got, test.want)
		}
	}
}
