package mock

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/gobelin-dev/gobelin/internal/value"
)

// admin answers what is below the path of the administration: of the session of the request.
//
//	GET  state   the collections of the session, by their paths
//	POST seed    adds to them, from the same form
//	POST reset   forgets the session
//	POST clock   ?advance=1h lets time pass for its states
//	GET  routes  what is served
func (x *exchange) admin() (*answer, *problem) {
	s := x.server
	root := s.Admin
	if root == "" {
		root = "/_mock"
	}
	name, within := strings.CutPrefix(x.URL.Path, strings.TrimSuffix(root, "/")+"/")
	if root == "-" || !within {
		return nil, nil
	}
	answered := func(v any) (*answer, *problem) {
		text, err := json.Marshal(v)
		if err != nil {
			return nil, newProblem(http.StatusInternalServerError, err.Error())
		}
		return &answer{status: http.StatusOK, header: http.Header{}, raw: append(text, '\n'), contentType: "application/json"}, nil
	}
	methods := map[string]string{"state": "GET", "seed": "POST", "reset": "POST", "clock": "POST", "routes": "GET"}
	switch want := methods[name]; {
	case want == "":
		if _, served := s.route(x.URL.EscapedPath(), anyNode); served {
			return nil, nil
		}
		return nil, newProblem(http.StatusNotFound, "there is "+strings.Join(slices.Sorted(maps.Keys(methods)), ", ")+" below "+root)
	case want != x.Method:
		p := newProblem(http.StatusMethodNotAllowed, root+"/"+name+" has "+want)
		p.header.Set("Allow", want)
		return nil, p
	}
	switch name {
	case "state":
		x.session.mu.Lock()
		defer x.session.mu.Unlock()
		state := map[string][]any{}
		for path, in := range x.session.stores {
			for _, o := range in.order {
				state[path] = append(state[path], o.value)
			}
		}
		return answered(state)
	case "routes":
		return answered(s.Routes())
	case "reset":
		s.reset(x.session.name)
		return answered(struct{}{})
	case "clock":
		took, err := time.ParseDuration(x.URL.Query().Get("advance"))
		if err != nil || took < 0 {
			return nil, newProblem(http.StatusBadRequest, "give the time that is to pass, as in ?advance=1h")
		}
		x.session.mu.Lock()
		defer x.session.mu.Unlock()
		x.session.ahead += took
		return answered(map[string]time.Time{"now": s.now(x.session)})
	}
	return x.seed(answered)
}

// seed adds items to collections.
func (x *exchange) seed(answered func(any) (*answer, *problem)) (*answer, *problem) {
	data, err := io.ReadAll(io.LimitReader(x.Body, defaultMaxBody))
	if err != nil {
		return nil, newProblem(http.StatusBadRequest, err.Error())
	}
	v, err := value.Decode(data)
	state, is := v.(map[string]any)
	if err != nil || !is {
		return nil, newProblem(http.StatusBadRequest, `give an object of lists by paths, as in {"/pets": [{"id": 1}]}`)
	}
	x.session.mu.Lock()
	defer x.session.mu.Unlock()
	added := 0
	for _, path := range slices.Sorted(maps.Keys(state)) {
		items, is := state[path].([]any)
		o, c := x.server.collectionAt(path)
		if !is || c == nil {
			return nil, newProblem(http.StatusBadRequest, fmt.Sprintf("%s is no collection with a list; GET routes says what there is", path))
		}
		x.found = found{source: o}
		full := path
		if !strings.HasPrefix(path, o.name+"/") {
			full = o.name + path
		}
		in := x.session.store(full)
		in.filled = true
		x.server.shapes.Lock()
		k := c.kindOf()
		for _, item := range items {
			of, is := item.(map[string]any)
			if !is {
				continue
			}
			id, has := of[k.id]
			if !has {
				id = x.server.newID(c, k, in, nil)
				if of = maps.Clone(of); k.id != "" {
					of[k.id] = id
				}
			}
			x.session.put(in, &object{id: value.Text(id), value: of, entered: x.server.now(x.session)})
			added++
		}
		x.server.shapes.Unlock()
	}
	return answered(map[string]int{"added": added})
}

// collectionAt finds the collection of a path, as state has it or without the name of the source.
func (s *Server) collectionAt(path string) (*source, *collection) {
	for _, o := range s.sources {
		at := strings.TrimPrefix(path, o.name)
		if !strings.HasPrefix(at, "/") {
			continue
		}
		if n, _ := o.root.find(strings.Split(at[1:], "/"), nil, nil, anyNode); n != nil {
			for _, op := range n.operations {
				if op.collection != nil && (op.role == lists || op.role == creates) {
					return o, op.collection
				}
			}
		}
	}
	return nil, nil
}
