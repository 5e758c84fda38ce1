package mock

import (
	"cmp"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/gobelin-dev/gobelin/internal/openapi"
	"github.com/gobelin-dev/gobelin/internal/schema"
	"github.com/gobelin-dev/gobelin/internal/value"
)

// maxListed bounds the items of one answer.
const maxListed = 1000

// The names of parameters that page a list, folded.
var (
	limitNames = []string{"limit", "perpage", "pagesize", "size", "top", "maxresults", "maxitems", "first", "pagelimit",
		"max", "rows", "count", "take"}
	offsetNames = []string{"offset", "skip", "start", "startindex", "from", "startat"}
	pageNames   = []string{"page", "pagenumber", "pageno", "pagenum", "p", "currentpage", "pageindex"}
	afterNames  = []string{"cursor", "after", "afterid", "startingafter", "pagetoken", "nexttoken", "nextpagetoken", "marker",
		"continuationtoken", "continuation", "nextcursor", "pagecursor", "exclusivestartkey", "sinceid", "next"}
	beforeNames = []string{"before", "beforeid", "endingbefore", "maxid"}
	sortNames   = []string{"sort", "sortby", "orderby", "order", "ordering"}
	searchNames = []string{"q", "query", "search", "searchterm", "keyword"}
	descNames   = []string{"sortorder", "sortdirection", "direction", "sortdir", "orderdirection", "orderdir", "dir"}
)

// pageMembers are the members of a list's body that say which part of the whole it is, by
// where they are.
type pageMembers struct {
	within []string // the object that they are in
	names  []string
	null   map[string]bool
}

// pageObjects are names of members that say which part of a list it is.
var pageObjects = []string{"meta", "pagination", "paging", "page", "pageinfo", "metadata"}

// pageMembersOf finds them: beside the array or at the top, or in an object there.
func pageMembersOf(v *view) (p pageMembers) {
	if len(v.list) == 0 {
		return p
	}
	within := [][]string{v.list[:len(v.list)-1], {}}
	for _, tokens := range within[:2] {
		if at := v.body.Follow(tokens).Type; at != nil {
			for _, name := range slices.Sorted(maps.Keys(namesOf(at))) {
				if slices.Contains(pageObjects, folded(name)) {
					within = append(within, append(slices.Clone(tokens), name))
				}
			}
		}
	}
	for _, tokens := range within {
		at := v.body.Follow(tokens).Type
		if at == nil {
			continue
		}
		p = pageMembers{within: tokens, null: map[string]bool{}}
		for _, name := range slices.Sorted(maps.Keys(namesOf(at))) {
			if found := at.Member(name); pageRole(name) != "" && found.Type != nil {
				p.names = append(p.names, name)
				p.null[name] = found.Type.Kinds()&schema.Null != 0
			}
		}
		if p.names != nil {
			return p
		}
	}
	return pageMembers{}
}

// pageRole returns what of a page a member has, by its name; "" for nothing.
func pageRole(name string) string {
	switch f := folded(name); f {
	case "total", "totalcount", "totalitems", "totalelements", "totalresults", "totalrecords", "totalsize":
		return "total"
	case "count", "numitems", "itemcount", "returned", "numberofelements":
		return "count"
	case "hasmore", "hasnext", "hasnextpage", "more", "incompleteresults":
		return "more"
	case "last":
		return "last"
	case "nextcursor", "nextpagetoken", "nexttoken", "nextpagecursor", "cursor", "continuationtoken", "nextmarker", "endcursor", "after":
		return "cursor"
	case "next", "nextpage", "nextlink", "nextpageurl", "nexturl":
		return "next"
	case "previous", "prev", "prevpage", "previouspage", "prevurl", "previousurl", "prevcursor", "previouscursor":
		return "previous"
	case "firstid":
		return "first"
	case "lastid":
		return "lastid"
	case "page", "pagenumber", "currentpage", "number":
		return "page"
	case "limit", "perpage", "pagesize", "size":
		return "limit"
	case "offset", "skip", "startindex":
		return "offset"
	case "totalpages", "pages", "pagecount", "lastpage":
		return "pages"
	}
	return ""
}

// paging is what a request wants of a list.
type paging struct {
	limit, offset, page int
	base                int // number of the first page
	after, before       string
	sort                string
	descending          bool
	limited, paged      bool
	names               map[string]string // of parameters, by what they are
}

// filter is a parameter that names a member.
type filter struct {
	member string
	texts  []string
}

// query reads the parameters of a list: those that page it, and those that name members.
func (x *exchange) query(k *kind) (p paging, filters []filter, search string) {
	p.names, p.base = map[string]string{}, 1
	for _, d := range x.op.Parameters {
		if d.In != "query" {
			continue
		}
		text, given := x.params.Get(d.Name), x.params.Has(d.Name)
		fallback, _ := d.Default()
		if !given && fallback != nil {
			text = value.Text(fallback)
		}
		n, err := strconv.Atoi(text)
		isNumber := err == nil && n >= 0
		plain := folded(strings.TrimSuffix(strings.TrimPrefix(strings.TrimPrefix(d.Name, "page["), "filter["), "]"))
		is := func(names []string, role string) bool {
			if !slices.Contains(names, plain) || p.names[role] != "" && !given {
				return false
			}
			p.names[role] = d.Name
			return true
		}
		member := ""
		if !strings.HasPrefix(d.Name, "page[") {
			for name := range k.names {
				if folded(name) == plain || singular(plain) == folded(name) {
					member = name
				}
			}
		}
		switch {
		case is(limitNames, "limit") && (isNumber || text == ""):
			if isNumber && n > 0 {
				p.limit, p.limited = n, true
			}
		case is(pageNames, "page") && (isNumber || text == ""):
			if least := d.Schema.Get("minimum"); fallback == int64(0) || least != nil && least.Text == "0" {
				p.base = 0
			}
			if isNumber {
				p.page, p.paged = n, true
			}
		case is(offsetNames, "offset") && (isNumber || text == ""):
			p.offset = max(n, 0)
		case is(afterNames, "after"):
			p.after = text
		case is(beforeNames, "before"):
			p.before = text
		case is(sortNames, "sort") && member == "":
			if strings.EqualFold(text, "desc") || strings.EqualFold(text, "asc") {
				p.descending = strings.EqualFold(text, "desc")
				break
			}
			p.sort = strings.TrimLeft(text, "-+")
			p.descending = p.descending || strings.HasPrefix(text, "-") || strings.HasSuffix(strings.ToLower(text), "desc")
			p.sort, _, _ = strings.Cut(strings.NewReplacer(" ", ":", ".", ":").Replace(p.sort), ":")
		case slices.Contains(descNames, plain):
			p.descending = strings.HasPrefix(strings.ToLower(text), "desc")
		case member != "" && given:
			texts := x.params[d.Name]
			if !d.Explode || len(texts) == 1 {
				texts = strings.Split(strings.Join(texts, ","), ",")
			}
			filters = append(filters, filter{member, texts})
		case slices.Contains(searchNames, plain) && given && member == "":
			search = text
		}
	}
	return p, filters, search
}

// has reports whether an item has one of the values that a filter wants.
func (f *filter) has(item map[string]any) bool {
	v, ok := item[f.member]
	if !ok {
		return false
	}
	list, isArray := v.([]any)
	if !isArray {
		list = []any{v}
	}
	return slices.ContainsFunc(list, func(v any) bool { return slices.Contains(f.texts, value.Text(v)) })
}

// mentions reports whether an item has a text in one of its members.
func mentions(item map[string]any, text string) bool {
	for _, v := range item {
		if s, is := v.(string); is && strings.Contains(strings.ToLower(s), strings.ToLower(text)) {
			return true
		}
	}
	return false
}

// page returns a part of the items, and where it is.
func (p *paging) cut(all []*object, k *kind) (part []*object, from int, more bool) {
	at := func(id string) int { return slices.IndexFunc(all, func(o *object) bool { return o.id == id }) }
	if p.sort != "" {
		for name := range k.names {
			if folded(name) == folded(p.sort) {
				p.sort = name
			}
		}
		all = slices.Clone(all)
		slices.SortStableFunc(all, func(a, b *object) int { return compare(a.value[p.sort], b.value[p.sort]) })
	}
	if p.descending {
		all = slices.Clone(all)
		slices.Reverse(all)
	}
	limit := maxListed
	if p.limited {
		limit = min(p.limit, maxListed)
	}
	from = p.offset
	switch {
	case p.after != "":
		if i := at(p.after); i >= 0 {
			from = i + 1
		}
	case p.before != "":
		if i := at(p.before); i >= 0 {
			all = all[:i]
			from = max(0, i-limit)
		}
	case p.paged && p.limited:
		from = max(0, p.page-p.base) * limit
	}
	from = min(max(from, 0), len(all))
	part = all[from:min(from+limit, len(all))]
	return part, from, from+len(part) < len(all)
}

func compare(a, b any) int {
	if value.IsNumber(a) && value.IsNumber(b) {
		return value.CompareNumbers(a, b)
	}
	return cmp.Compare(value.Text(a), value.Text(b))
}

// list answers with the items of a collection.
func (x *exchange) list(a *answer, v *view, all []*object) {
	s := x.server
	s.shapes.Lock()
	k := x.op.collection.kindOf()
	p, filters, search := x.query(k)
	s.shapes.Unlock()
	all = slices.DeleteFunc(slices.Clone(all), func(o *object) bool {
		return slices.ContainsFunc(filters, func(f filter) bool { return !f.has(o.value) }) || search != "" && !mentions(o.value, search)
	})
	part, from, more := p.cut(all, k)
	items := make([]any, 0, len(part))
	for _, o := range part {
		o.seen = true
		items = append(items, v.show(o.value))
	}
	a.body = placed(v.sample, v.list, any(items))
	limit := maxListed
	if p.limited {
		limit = p.limit
	}
	for _, name := range v.page.names {
		at := append(slices.Clone(v.page.within), name)
		old, had := value.Find(v.sample, at)
		set := func(v any) { a.body = placed(a.body, at, v) }
		text := func(ok bool, t string) {
			switch _, isText := old.(string); {
			case ok && (isText || !had || old == nil):
				set(t)
			case v.page.null[name]:
				set(nil)
			case isText:
				set("")
			}
		}
		first, last := "", ""
		if len(part) > 0 {
			first, last = part[0].id, part[len(part)-1].id
		}
		_, isNumber := old.(int64)
		number := func(n int) {
			if isNumber {
				set(int64(n))
			}
		}
		switch pageRole(name) {
		case "total":
			number(len(all))
		case "count":
			number(len(part))
		case "more":
			if _, is := old.(bool); is {
				set(more)
			}
		case "last":
			if _, is := old.(bool); is {
				set(!more)
			}
		case "cursor":
			text(more, last)
		case "next":
			if isNumber {
				number(max(p.page, p.base) + 1)
			} else {
				text(more, x.next(p, from+len(part), last))
			}
		case "previous":
			text(false, "")
		case "first":
			text(first != "", first)
		case "lastid":
			text(last != "", last)
		case "page":
			if p.names["page"] != "" {
				number(max(p.page, p.base))
			}
		case "limit":
			if p.limited {
				number(limit)
			}
		case "offset":
			number(from)
		case "pages":
			if p.limited {
				number((len(all) + limit - 1) / max(limit, 1))
			} else {
				number(1)
			}
		}
	}
	if _, declared := a.header["Link"]; declared {
		if delete(a.header, "Link"); more {
			a.header.Set("Link", "<"+x.next(p, from+len(part), last(part))+`>; rel="next"`)
		}
	}
	for name := range a.header {
		switch folded(strings.TrimPrefix(name, "X-")) {
		case "totalcount", "total":
			a.header.Set(name, strconv.Itoa(len(all)))
		}
	}
}

func last(part []*object) string {
	if len(part) == 0 {
		return ""
	}
	return part[len(part)-1].id
}

// next returns the URL of the page after one that ends before an index with an id.
func (x *exchange) next(p paging, end int, id string) string {
	query := url.Values{}
	for name, values := range x.params {
		query[name] = values
	}
	switch {
	case p.names["after"] != "":
		query.Set(p.names["after"], id)
	case p.names["page"] != "":
		query.Set(p.names["page"], strconv.Itoa(max(p.page, p.base)+1))
	case p.names["offset"] != "":
		query.Set(p.names["offset"], strconv.Itoa(end))
	default:
		return ""
	}
	return x.origin() + x.URL.EscapedPath() + "?" + query.Encode()
}

// origin returns the scheme and the host that the request was sent to.
func (x *exchange) origin() string {
	scheme := "http"
	if x.TLS != nil {
		scheme = "https"
	}
	return scheme + "://" + x.Host
}

// accepts returns a problem if the request asks for no type that the operation has.
func (x *exchange) accepts() *problem {
	r, media := success(x.op)
	if r == nil || media == nil || x.Header.Get("Accept") == "" || x.acceptable(r) != nil {
		return nil
	}
	var types []string
	for _, m := range r.Bodies() {
		types = append(types, m.Type)
	}
	if slices.ContainsFunc(types, openapi.IsRange) {
		return nil
	}
	return newProblem(http.StatusNotAcceptable, "the request asks for "+strings.Join(x.Header.Values("Accept"), ", ")+
		"; the description declares "+strings.Join(types, ", "))
}
