package expr

import "strings"

// Filled returns the condition with other texts in place of its expressions; value
// returns that of the i-th of [Condition.Expressions], or ok false to leave it.
func (c *Condition) Filled(value func(i int) (text string, ok bool)) string {
	var b strings.Builder
	end := 0
	for i, e := range c.expressions {
		if e.Offset < end || !strings.HasPrefix(c.text[e.Offset:], e.Text) {
			continue // a doubled quote comes before it
		}
		if text, ok := value(i); ok {
			b.WriteString(c.text[end:e.Offset])
			b.WriteString(text)
			end = e.Offset + len(e.Text)
		}
	}
	b.WriteString(c.text[end:])
	return b.String()
}
