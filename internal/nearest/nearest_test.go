package nearest

import (
	"slices"
	"strings"
	"testing"
)

func TestNames(t *testing.T) {
	tests := []struct{ name, candidates, want string }{
		{"getOrdr", "getOrder listItems", "getOrder"},
		{"listOrder", "listOrders getOrder", "listOrders"},
		{"listorders", "listOrders listOrder", "listOrders"},
		{"list_orders", "listOrders", "listOrders"},
		{"scheduleBlogPost", "createBlogPost updateBlogPost", ""},
		{"getPet", "setPet putPet petPet", ""},
		{"updateOrder", "createOrder", ""},
		{"createorder", "updateorder", ""},
		{"created_at", "updated_at createdAt", "createdAt"},
		{"getOrderById", "getOrder", "getOrder"},
		{"listAllOrders", "listOrders", "listOrders"},
		{"getOrder", "getOffer getCustomer", ""},
		{"getUserOrders", "getUserInvoices", ""},
		{"egtOrder", "getOrder", "getOrder"},
		{"room_recordings", "recordings", "recordings"},
		{"newAssetStatus", "asset_status", "asset_status"},
		{"app_sid", "apps", ""},
		{"file_upload", "file_upload_url", ""},
		{"listOrders", "listOrdersOfCustomer", ""},
		{"listOrdersOf", "listOrdersOn", "listOrdersOn"},
		{"unlock", "lock", ""},
		{"inactive", "active", ""},
		{"disabled", "enabled", ""},
		{"detale", "detail", "detail"},
		{"xrders", "orders", "orders"},
		{"sucessCriteria", "successCriteria", "successCriteria"},
		{"operationID", "operationId operationPath", "operationId"},
		{"ids", "id", "id"},
		{"listOrdersV2", "listOrdersV1", "listOrdersV1"},
		{"statsu", "status state", "status"},
		{"loop", "stop", ""},
		{"", "a", ""},
		{"a", "ab", "ab"},
		{"größe", "größen", "größen"},
		{strings.Repeat("a", 100), strings.Repeat("a", 101), strings.Repeat("a", 101)},
		{"id", "a1 a2 a3 a4 id1", "id1"},
	}
	for _, test := range tests {
		if got := strings.Join(Names(test.name, strings.Fields(test.candidates)), " "); got != test.want {
			t.Errorf("%q of %q: %q, want %q", test.name, test.candidates, got, test.want)
		}
	}
}

func TestOnly(t *testing.T) {
	tests := []struct{ name, candidates, want string }{
		{"getOrdr", "getOrder listItems", "getOrder"},
		{"GetOrder", "getOrder", "getOrder"},
		{"craete", "create get", "create"},
		{"list3", "list1 list2", ""},
		{"step2", "step1", ""},
		{"getOrder", "getOffer", ""},
		{"id", "ids", ""},
		{"frst", "first first", "first"},
		{"abc", "", ""},
		{"abc", "abc", ""},
	}
	for _, test := range tests {
		if got := Only(test.name, strings.Fields(test.candidates)); got != test.want {
			t.Errorf("%s of %q: %q, want %q", test.name, test.candidates, got, test.want)
		}
	}
}

func TestSame(t *testing.T) {
	tests := []struct{ name, candidates, want string }{
		{"orderid", "orderId items", "orderId"},
		{"order_id", "OrderID OrderID", "OrderID"},
		{"order-id", "OrderID order_id", ""},
		{"orderid", "orderIds", ""},
		{"orderId", "orderId", ""},
	}
	for _, test := range tests {
		if got := Same(test.name, strings.Fields(test.candidates)); got != test.want {
			t.Errorf("%s of %q: %q, want %q", test.name, test.candidates, got, test.want)
		}
	}
}

func TestChoice(t *testing.T) {
	tests := []struct{ name, candidates, want string }{
		{"getOrdr", "getOrder listItems", `; did you mean "getOrder"?`},
		{"id", "ida idb idc", `; did you mean "ida", "idb" or "idc"?`},
		{"pay", "getOrder", `; there is only "getOrder"`},
		{"pay", "getOrder getOrder listItems", `; there are "getOrder" and "listItems"`},
		{"pay", "aa bb cc dd ee", `; there are "aa", "bb", "cc", "dd" and "ee"`},
		{"pay", "aa bb cc dd ee ff", ""},
		{"pay", "", ""},
	}
	for _, test := range tests {
		if got := Choice(test.name, strings.Fields(test.candidates)); got != test.want {
			t.Errorf("%s of %q: %q, want %q", test.name, test.candidates, got, test.want)
		}
	}
}

func TestWords(t *testing.T) {
	for name, want := range map[string]string{
		"getOrderById": "get order by id", "get_order-by id": "get order by id", "HTTPServer": "http server", "listV2": "list v2",
		"operationID": "operation id", "a.b": "a . b", "": "", "__": "", "größeÄnderung": "größe änderung",
	} {
		if got := Words(name); !slices.Equal(got, strings.Fields(want)) {
			t.Errorf("%q: %q, want %q", name, got, want)
		}
	}
}
