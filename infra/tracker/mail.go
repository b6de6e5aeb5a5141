package main

import (
	"errors"
	"fmt"
	"mime"
	"net/http"
	"os"
	"slices"
	"strconv"
	"strings"

	"outreach/internal/mail"
	"outreach/internal/mail/mailbox"
	"outreach/internal/mail/smtp"
	"outreach/internal/page"
)

// smtpSender returns the sender for the SMTP server of the settings, or nil where they name none.
func smtpSender(s settings) (mail.Sender, error) {
	if s.smtp == "" {
		return nil, nil
	}
	if s.mailFrom == "" {
		return nil, errors.New("-smtp needs -mail-from")
	}
	password := ""
	if s.smtpPassword != "" {
		text, err := os.ReadFile(s.smtpPassword)
		if err != nil {
			return nil, err
		}
		password = strings.TrimSpace(string(text))
	}
	return smtp.New(s.smtp, password, s.mailFrom)
}

// attachment is a file of a letter, as the list describes it.
type attachment struct {
	Name  string `json:"name"`
	Type  string `json:"type"`
	Bytes int    `json:"bytes"`
	Href  string `json:"href"`
}

func attachments(l mailbox.Letter) []attachment {
	files := []attachment{}
	for n, f := range l.Files {
		files = append(files, attachment{f.Name, f.Type, len(f.Data), fmt.Sprintf("/local/mail/%s/files/%d", l.ID, n)})
	}
	return files
}

// showMail serves GET /local/mail, as JSON or as a page.
func (t *tracker) showMail(w http.ResponseWriter, r *http.Request) {
	letters, err := t.mail.Letters()
	if err != nil {
		problem(w, http.StatusInternalServerError, "the mailbox cannot be read")
		return
	}
	if !wantsPage(r) {
		items := make([]map[string]any, len(letters))
		for i, l := range letters {
			items[i] = map[string]any{"id": l.ID, "to": l.To, "subject": l.Subject, "text": l.Text, "html": l.HTML, "files": attachments(l), "at": l.At}
		}
		answer(w, map[string]any{"items": items, "next": nil})
		return
	}
	content := page.Mailbox{}
	for _, l := range letters {
		shown := page.Mail{To: l.To, Subject: l.Subject, Text: l.Text, At: l.At, HTML: "/local/mail/" + l.ID + "/html"}
		for _, f := range attachments(l) {
			shown.Files = append(shown.Files, page.Link{Href: f.Href, Label: f.Name})
		}
		content.Items = append(content.Items, shown)
	}
	t.show(w, r, content)
}

// letter returns the letter that a request's path names.
func (t *tracker) letter(r *http.Request) (mailbox.Letter, bool) {
	letters, err := t.mail.Letters()
	i := slices.IndexFunc(letters, func(l mailbox.Letter) bool { return l.ID == r.PathValue("id") })
	if err != nil || i < 0 {
		return mailbox.Letter{}, false
	}
	return letters[i], true
}

// showLetter serves a letter's HTML as a mail program shows it: without scripts and without remote content.
func (t *tracker) showLetter(w http.ResponseWriter, r *http.Request) {
	l, found := t.letter(r)
	if !found {
		problem(w, http.StatusNotFound, "there is no such letter")
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; sandbox allow-popups allow-top-navigation-by-user-activation")
	_, _ = w.Write([]byte(l.HTML))
}

// showFile serves a file that is attached to a letter.
func (t *tracker) showFile(w http.ResponseWriter, r *http.Request) {
	l, found := t.letter(r)
	n, err := strconv.Atoi(r.PathValue("n"))
	if !found || err != nil || n < 0 || n >= len(l.Files) {
		problem(w, http.StatusNotFound, "there is no such file")
		return
	}
	w.Header().Set("Content-Type", l.Files[n].Type)
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.Header().Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": l.Files[n].Name}))
	_, _ = w.Write(l.Files[n].Data)
}
