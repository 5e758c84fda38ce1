package mock

import (
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/gobelin-dev/gobelin/internal/schema"
)

// lifecycle is a member of an item that the server moves from state to state.
type lifecycle struct {
	member string
	states []string // all, as the description lists them
	course []string // those that an item goes through by itself
	client bool     // requests set it: it does not move by itself
	times  []timed
	late   []late
}

// late is a member that an item has only once it has come to an end.
type late struct {
	member string
	end    phase // with success, or without
}

// lateOf finds them, among those that may be null.
func lateOf(k *kind) (list []late) {
	for _, name := range slices.Sorted(maps.Keys(k.names)) {
		found := k.t.Member(name)
		if found.Type == nil || found.Type.Kinds()&schema.Null == 0 || k.requested[name] {
			continue
		}
		for prefix, end := range map[string]phase{"result": donePhase, "output": donePhase, "download": donePhase, "error": failedPhase,
			"fail": failedPhase} {
			if strings.HasPrefix(folded(name), prefix) {
				list = append(list, late{name, end})
			}
		}
	}
	return list
}

// timed is a member that says when something happened to an item.
type timed struct {
	member   string
	stem     string // of the state, or of what was done: "end" of "ended_at"
	nullable bool
	required bool
	number   bool // seconds since 1970
}

// phase is what a state is in the life of an item.
type phase uint8

const (
	unknownPhase phase = iota
	initialPhase
	activePhase
	donePhase
	failedPhase
)

var phases = map[string]phase{}

func init() {
	for p, words := range map[phase]string{
		initialPhase: "new draft created queued pending submitted received open requested scheduled accepted initiated waiting notstarted " +
			"todo enqueued registered init unconfirmed placed unpaid incomplete unprocessed initial",
		activePhase: "inprogress started active inprocess underway inflight",
		donePhase: "succeeded success successful completed complete done ended finished ready available closed resolved delivered paid " +
			"published approved confirmed fulfilled processed executed settled sent deployed live validated verified fulfilled shipped",
		failedPhase: "failed failure error errored canceled expired rejected aborted deleted declined terminated stopped timedout " +
			"timeout revoked refunded voided void suspended archived inactive disabled returned lost denied paused partial",
	} {
		for word := range strings.FieldsSeq(words) {
			phases[word] = p
		}
	}
}

func phaseOf(state string) phase {
	word := folded(state)
	if p := phases[word]; p != unknownPhase {
		return p
	}
	if strings.HasPrefix(word, "cancel") && strings.HasSuffix(word, "ed") { // with one l or two
		return failedPhase
	}
	if strings.HasSuffix(word, "ing") {
		return activePhase
	}
	return unknownPhase
}

// stateNames are ends of the names of members that have a state.
var stateNames = []string{"status", "state", "phase", "stage"}

// lifecycleOf finds the member of an item that looks like its state; nil if none does.
func lifecycleOf(k *kind) *lifecycle {
	var best *lifecycle
	for _, name := range slices.Sorted(maps.Keys(k.names)) {
		if !slices.ContainsFunc(stateNames, func(end string) bool { return strings.HasSuffix(folded(name), end) }) {
			continue
		}
		t := k.t.Member(name).Type
		if t == nil {
			continue
		}
		l := &lifecycle{member: name, client: k.requested[name]}
		values, closed := t.Values()
		for _, v := range values {
			if text, is := v.(string); is && closed {
				l.states = append(l.states, text)
			}
		}
		if l.course = course(l.states); l.course == nil {
			continue
		}
		if best == nil || len(name) < len(best.member) {
			best = l
		}
	}
	if best == nil {
		best = &lifecycle{}
	}
	if best.times = timesOf(k); best.member != "" {
		best.late = lateOf(k)
	}
	return best
}

// course returns the states that an item goes through if nothing happens to it: first those
// of the beginning, then those of work, at last an end; nil if they do not look so.
func course(states []string) (list []string) {
	taken := func(p phase, most int) (some []string) {
		for _, state := range states {
			if phaseOf(state) != p || len(some) == most {
				continue
			}
			stem := stemOf(strings.TrimSuffix(folded(state), "ing"))
			undoing := p == activePhase && slices.ContainsFunc(states, func(o string) bool { // canceling, where there is canceled
				return phaseOf(o) == failedPhase && strings.HasPrefix(folded(o), stem)
			})
			if !undoing && !(p == activePhase && slices.ContainsFunc(undoings, func(u string) bool { return strings.HasPrefix(folded(state), u) })) {
				some = append(some, state)
			}
		}
		return some
	}
	before, work, end := taken(initialPhase, 2), taken(activePhase, 2), taken(donePhase, 1)
	if len(end) == 0 && len(before) > 0 && len(work) > 0 { // pending, then active
		return slices.Concat(before, work)
	}
	if len(end) == 0 || len(before)+len(work) == 0 {
		return nil
	}
	return slices.Concat(before, work, end)
}

// undoings are beginnings of states that only an action leads to.
var undoings = []string{"cancel", "delet", "stop", "paus", "abort", "terminat", "suspend", "revok", "clos", "archiv", "disabl", "expir"}

// stemOf returns what the forms of a verb have in common: "clos" of "close", "approv" of
// "approved".
func stemOf(verb string) string {
	word := folded(verb)
	for _, end := range []string{"ing", "ed", "e"} {
		if short, ok := strings.CutSuffix(word, end); ok && len(short) > 2 {
			word = short
			break
		}
	}
	if strings.HasSuffix(word, "ll") {
		word = word[:len(word)-1]
	}
	if strings.HasSuffix(word, "y") && len(word) > 3 {
		word = word[:len(word)-1]
	}
	return word
}

// reached returns the state that an action leads to: one of work in the name of the verb,
// else the one that is its result; "" if there is none.
func (l *lifecycle) reached(verb string) string {
	if l == nil || l.member == "" {
		return ""
	}
	stem := stemOf(verb)
	for _, p := range []phase{activePhase, failedPhase, donePhase, initialPhase, unknownPhase} {
		for _, state := range l.states {
			if phaseOf(state) == p && strings.HasPrefix(folded(state), stem) {
				return state
			}
		}
	}
	if to := actions[stem]; to != "" {
		for state := range strings.FieldsSeq(to) {
			if i := slices.IndexFunc(l.states, func(s string) bool { return folded(s) == state }); i >= 0 {
				return l.states[i]
			}
		}
	}
	return ""
}

// actions are states that verbs lead to which have another name.
var actions = map[string]string{
	"start": "running inprogress processing active", "run": "running inprogress processing active", "resum": "running inprogress active open",
	"activat": "active enabled", "enabl": "active enabled", "disabl": "inactive disabled", "deactivat": "inactive disabled",
	"finish": "completed complete done finished ended", "complet": "completed complete done finished ended",
	"submit": "submitted pending processing inreview", "pa": "paid succeeded completed", "ship": "shipped senttocarrier",
	"void": "voided void canceled", "captur": "succeeded paid completed", "confirm": "confirmed processing succeeded",
	"cancel": "canceled ended closed", "abort": "canceled failed", "reopen": "open", "retr": "queued pending",
	"restor": "active available open", "stop": "stopped ended paused", "paus": "paused suspended", "approv": "approved confirmed",
}

// next returns the state after one; "" if it is the last.
func (l *lifecycle) next(state string) string {
	if l == nil || l.member == "" {
		return ""
	}
	if i := slices.Index(l.course, state); i >= 0 {
		if i+1 == len(l.course) {
			return ""
		}
		return l.course[i+1]
	}
	if phaseOf(state) != activePhase {
		return ""
	}
	stem := stemOf(state)
	for _, p := range []phase{failedPhase, donePhase} {
		for _, other := range l.states {
			if phaseOf(other) == p && strings.HasPrefix(folded(other), stem) {
				return other
			}
		}
	}
	return l.course[len(l.course)-1]
}

// timesOf finds the members of an item that say when something happened.
func timesOf(k *kind) (list []timed) {
	for _, name := range slices.Sorted(maps.Keys(k.names)) {
		found := k.t.Member(name)
		if found.Type == nil || k.requested[name] {
			continue
		}
		stem, ok := timeStem(name)
		if !ok {
			continue
		}
		at := timed{member: name, stem: stem, required: found.Presence == schema.Always, nullable: found.Type.Kinds()&schema.Null != 0}
		isTime := false
		for _, a := range found.Type.Alternatives() {
			isTime = isTime || a.Kinds&schema.String != 0 && a.Format() == "date-time"
			at.number = at.number || a.Kinds&(schema.Integer|schema.Fraction) != 0 && a.Kinds&schema.String == 0
		}
		if isTime || at.number && (strings.HasSuffix(name, "_at") || strings.HasSuffix(name, "At") || name == "created") {
			at.number = !isTime
			list = append(list, at)
		}
	}
	return list
}

// timeStem returns the stem of what happened at the time that a member of a name has.
func timeStem(name string) (stem string, ok bool) {
	word := name
	for _, end := range []string{"_at", "At", "_time", "Time", "_date", "Date", "_on", "On", "Timestamp", "_timestamp"} {
		if short, has := strings.CutSuffix(word, end); has && short != "" {
			word, ok = short, true
			break
		}
	}
	if !ok && word != "created" && word != "updated" && word != "modified" {
		return "", false
	}
	word, _, _ = strings.Cut(word, "_")
	return stemOf(word), true
}

// stamp writes the times of what has just happened to an item: stems are of what was done, and
// of the state that it came to.
func (l *lifecycle) stamp(item map[string]any, now time.Time, stems ...string) {
	for _, t := range l.times {
		if !slices.ContainsFunc(stems, func(stem string) bool {
			return len(stem) > 2 && (strings.HasPrefix(t.stem, stem) || strings.HasPrefix(stem, t.stem))
		}) {
			continue
		}
		item[t.member] = t.of(now)
	}
}

func (t *timed) of(now time.Time) any {
	if t.number {
		return now.Unix()
	}
	return now.UTC().Format(time.RFC3339)
}

// begin writes the times of an item that is new: what has not happened yet has none.
func (l *lifecycle) begin(item map[string]any, now time.Time) {
	for _, late := range l.late {
		item[late.member] = nil
	}
	for _, t := range l.times {
		switch {
		case slices.Contains([]string{"creat", "updat", "modifi", "modif", "insert", "add", "submitt", "submit", "receiv", "start"}, t.stem):
			item[t.member] = t.of(now)
		case strings.HasPrefix(t.stem, "expir"):
			item[t.member] = t.of(now.Add(24 * time.Hour))
		case t.nullable:
			item[t.member] = nil
		case !t.required:
			delete(item, t.member)
		default:
			item[t.member] = t.of(now)
		}
	}
}
