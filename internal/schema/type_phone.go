package schema

import (
	"strings"
	"sync"

	"golang.org/x/text/language"

	"outreach/internal/project"
	"outreach/internal/text"
)

// Phone is a telephone number that identifies a person. Its canonical form is that of E.164: a plus, the country's
// calling code and the number. One without a plus (or 00) is of the project's own country.
var Phone = &Type{Name: "phone", wrong: Unreadable, parse: parsePhone}

func parsePhone(_ *Field, value string, s Scope) (string, *Problem) {
	number, ok := E164(value, Country(s.Definition))
	if !ok {
		return "", &Problem{Code: Unreadable, Hint: "phone"}
	}
	return number, nil
}

// Country returns the country of a project, as an ISO 3166 code: that of its first language's region, or where the
// language is mostly spoken.
func Country(d *project.Definition) string {
	tag := text.Default
	if d != nil && len(d.Languages) > 0 {
		tag = d.Languages[0]
	}
	if cached, ok := countries.Load(tag); ok {
		return cached.(string)
	}
	parsed, _ := language.Parse(tag)
	region, _ := parsed.Region()
	countries.Store(tag, region.String())
	return region.String()
}

// countries caches countries by language.
var countries sync.Map

// The numbers of digits of an E.164 number, and of the part of it that is dialled within a country.
const (
	mostDigits    = 15
	leastDigits   = 7
	leastNational = 4
	mostDialled   = 40 // characters
)

// E164 returns a telephone number as E.164, +48600100200: spaces, brackets, full stops, slashes and hyphens do not
// count, and 00 is a plus. A number without is one of the country. It returns false for a text that is no number, or
// one whose country is unknown.
func E164(value, country string) (string, bool) {
	value = strings.TrimSpace(value)
	if len(value) > mostDialled {
		return "", false
	}
	value = strings.Replace(value, "(0)", "", 1) // +44 (0)20 …
	var digits strings.Builder
	plus := false
	for i, r := range value {
		switch {
		case r >= '0' && r <= '9':
			digits.WriteRune(r)
		case r == '+' && strings.TrimLeft(value[:i], " (") == "":
			plus = true
		case !strings.ContainsRune(" -.()/\u00a0\u202f\u2010\u2011\u2012\u2013", r):
			return "", false
		}
	}
	number := digits.String()
	if !plus {
		number, plus = strings.CutPrefix(number, "00")
	}
	code, national := "", number
	if !plus {
		c, known := callingCodes()[country]
		if !known {
			return "", false
		}
		code = c.code
		rest, dialled := number, false
		if c.drops {
			rest, dialled = strings.CutPrefix(number, c.trunk)
		}
		switch within, has := strings.CutPrefix(number, code); {
		case dialled:
			national = rest
		case has && c.length > 0 && len(number) != c.length && len(within) == c.length:
			national = within // the plus was lost, as spreadsheets do
		}
	}
	number = code + national
	if len(national) < leastNational || len(number) < leastDigits || len(number) > mostDigits || number[0] == '0' {
		return "", false
	}
	return "+" + number, true
}

// calling is how a country's numbers are dialled.
type calling struct {
	code   string
	trunk  string // the prefix within the country, which does not belong to the number
	drops  bool   // there is one
	length int    // of all numbers without code and trunk; 0: it differs
}

// callingCodes returns the calling codes by country, from ITU-T E.164 (list of assigned country codes). A country's
// trunk prefix, where it has one, follows a slash, and the length of its numbers, where all have one, a colon.
var callingCodes = sync.OnceValue(func() map[string]calling {
	out := map[string]calling{}
	for entry := range strings.FieldsSeq(callingList) {
		entry, length, _ := strings.Cut(entry, ":")
		entry, prefix, drops := strings.Cut(entry, "/")
		c := calling{code: entry[2:], trunk: prefix, drops: drops}
		for _, digit := range length {
			c.length = 10*c.length + int(digit-'0')
		}
		out[entry[:2]] = c
	}
	return out
})

const callingList = `
AD376 AE971/0 AF93/0:9 AG1/1:10 AI1/1:10 AL355/0 AM374/0:8 AO244:9 AR54/0 AS1/1:10 AT43/0 AU61/0:9 AW297 AX358/0 AZ994/0:9
BA387/0 BB1/1:10 BD880/0 BE32/0 BF226:8 BG359/0 BH973:8 BI257:8 BJ229 BL590/0:9 BM1/1:10 BN673:7 BO591/0:8 BQ599 BR55/0 BS1/1:10
BT975 BW267 BY375/8:9 BZ501:7 CA1/1:10 CC61/0:9 CD243/0:9 CF236:8 CG242:9 CH41/0:9 CI225:10 CK682:5 CL56:9 CM237:9 CN86/0
CO57:10 CR506:8 CU53/0 CV238:7 CW599 CX61/0:9 CY357:8 CZ420:9 DE49/0 DJ253:8 DK45:8 DM1/1:10 DO1/1:10 DZ213/0 EC593/0 EE372
EG20/0 EH212/0:9 ER291/0:7 ES34:9 ET251/0:9 FI358/0 FJ679:7 FK500:5 FM691:7 FO298:6 FR33/0:9 GA241/0 GB44/0 GD1/1:10 GE995/0:9
GF594/0:9 GG44/0 GH233/0:9 GI350:8 GL299:6 GM220:7 GN224:9 GP590/0:9 GQ240:9 GR30:10 GT502:8 GU1/1:10 GW245:9 GY592:7 HK852:8
HN504:8 HR385/0 HT509:8 HU36/06 ID62/0 IE353/0 IL972/0 IM44/0 IN91/0:10 IO246:7 IQ964/0 IR98/0:10 IS354:7 IT39 JE44/0 JM1/1:10
JO962/0 JP81/0 KE254/0 KG996/0:9 KH855/0 KI686 KM269:7 KN1/1:10 KP850/0 KR82/0 KW965:8 KY1/1:10 KZ7/8:10 LA856/0 LB961/0 LC1/1:10
LI423 LK94/0:9 LR231/0 LS266:8 LT370/8:8 LU352 LV371:8 LY218/0 MA212/0:9 MC377/0 MD373/0:8 ME382/0 MF590/0:9 MG261/0:9 MH692/1:7
MK389/0:8 ML223:8 MM95/0 MN976/0 MO853:8 MP1/1:10 MQ596/0:9 MR222:8 MS1/1:10 MT356:8 MU230 MV960:7 MW265/0 MX52:10 MY60/0
MZ258 NA264/0 NC687:6 NE227:8 NF672 NG234/0 NI505:8 NL31/0:9 NO47:8 NP977/0 NR674:7 NU683 NZ64/0 OM968:8 PA507 PE51/0 PF689
PG675 PH63/0 PK92/0 PL48:9 PM508/0 PR1/1:10 PS970/0 PT351:9 PW680:7 PY595/0 QA974:8 RE262/0:9 RO40/0:9 RS381/0 RU7/8:10
RW250/0:9 SA966/0:9 SB677 SC248:7 SD249/0:9 SE46/0 SG65:8 SH290 SI386/0:8 SJ47:8 SK421/0:9 SL232/0:8 SM378 SN221:9 SO252/0
SR597 SS211/0:9 ST239:7 SV503:8 SX1/1:10 SY963/0 SZ268:8 TC1/1:10 TD235:8 TG228:8 TH66/0 TJ992:9 TK690 TL670 TM993/8:8 TN216:8
TO676 TR90/0:10 TT1/1:10 TV688 TW886/0 TZ255/0:9 UA380/0:9 UG256/0:9 US1/1:10 UY598/0:8 UZ998:9 VA39 VC1/1:10 VE58/0:10 VG1/1:10
VI1/1:10 VN84/0 VU678 WF681:6 WS685 XK383/0:8 YE967/0 YT262/0:9 ZA27/0:9 ZM260/0:9 ZW263/0`
