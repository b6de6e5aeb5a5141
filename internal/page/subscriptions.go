package page

import (
	"time"

	"outreach/internal/project"
	"outreach/internal/schema"
)

// Subscriptions is the page of the programs that hear of what happens in a project.
type Subscriptions struct {
	Definition *project.Definition
	Kind       *schema.Kind // its fields are those of the form
	Entry      Entry
	Secret     string // of the subscription that was just made, shown this once; or ""
	Full       bool   // there are as many as there may be
	Items      []SubscriptionItem
}

// SubscriptionItem is a subscription as the list shows it.
type SubscriptionItem struct {
	ID, URL          string
	Events           []string
	State, Reason    string // as programs get them
	Since, Delivered time.Time
}

type subscriptionsPage struct {
	Subscriptions
	Form form
}

func (s Subscriptions) render(v view) (string, any) {
	p := subscriptionsPage{Subscriptions: s}
	p.Form = form{Action: v.Base() + "/subscriptions", Submit: v.Say("subscriptions.add"), Entry: s.Entry}
	p.Form.Inputs = v.inputs(s.Kind, s.Definition, s.Entry, "")
	return "subscriptions", p
}

// Why returns why the last webhook to a subscription was not taken.
func (i SubscriptionItem) Why(v view) string {
	if key := "webhook.reason." + i.Reason; v.Has(key) {
		return v.Say(key)
	}
	return v.Say("webhook.reason.status", "status", i.Reason)
}
