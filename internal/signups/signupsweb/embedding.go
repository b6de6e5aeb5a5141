package signupsweb

import (
	"fmt"
	"html"
	"net/http"
	"net/url"

	"outreach/internal/page"
	"outreach/internal/web"
)

// snippet shows the form in a frame. Its script makes the frame as high as the form says, and listens to the tracker
// alone; without script the frame has a fixed height and scrolls. Its arguments are the form's address and title, as
// HTML, and the tracker's origin.
const snippet = `<iframe src="%s" title="%s" style="width:100%%;height:1600px;border:0" loading="lazy"></iframe>
<script>
addEventListener("message", (event) => {
  const height = event.origin === "%s" && event.data ? Number(event.data.outreachHeight) : 0;
  for (const frame of document.querySelectorAll("iframe")) {
    if (height > 0 && height < 20000 && frame.contentWindow === event.source) frame.style.height = height + "px";
  }
});
</script>
`

// showEmbedding shows the office which sites may embed the sign-up form, and what to put into their pages.
func (h Handlers) showEmbedding(c *web.Call) error {
	d := c.Defined.Definition
	address := c.Site.BaseURL + "/" + c.Project + "/signup?" + url.Values{web.Embed: {"1"}, "lang": {c.Language}}.Encode()
	title := c.Messages().Say("signup.title") + ": " + d.Title.In(c.Language)
	text := fmt.Sprintf(snippet, html.EscapeString(address), html.EscapeString(title), c.Site.BaseURL)
	if c.Page {
		return c.Show(http.StatusOK, page.Embedding{Origins: d.Embed, Snippet: text})
	}
	return c.JSON(http.StatusOK, embedding{Origins: append([]string{}, d.Embed...), Address: address, Snippet: text})
}
