package project

import (
	"encoding/json"
	"reflect"
	"slices"
	"strings"
)

// UnmarshalJSON decodes a definition, and chooses what readers of other languages get (see Speak).
func (d *Definition) UnmarshalJSON(data []byte) error {
	type plain Definition
	if err := json.Unmarshal(data, (*plain)(d)); err != nil {
		return err
	}
	d.Speak()
	return nil
}

// Speak chooses for each text of the definition what readers get for whose language it has nothing: the text in the
// first of the project's own languages that has one, else that in English. Without languages of its own the texts stay
// as they are.
func (d *Definition) Speak() { Speak(d.Languages, d) }

// Speak does what Definition.Speak does for all texts within a value, which is a pointer.
func Speak(languages []string, within any) {
	if len(languages) > 0 {
		speak(append(slices.Clone(languages), "en"), reflect.ValueOf(within))
	}
}

var textType = reflect.TypeFor[Text]()

func speak(languages []string, v reflect.Value) {
	switch v.Kind() {
	case reflect.Pointer, reflect.Interface:
		if !v.IsNil() {
			speak(languages, v.Elem())
		}
	case reflect.Slice:
		if !holdsTexts(v.Type().Elem()) {
			return
		}
		for i := range v.Len() {
			speak(languages, v.Index(i))
		}
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() {
				speak(languages, v.Field(i))
			}
		}
	case reflect.Map:
		if v.Type() == textType {
			v.Interface().(Text).speak(languages)
			return
		}
		for each := v.MapRange(); each.Next(); {
			speak(languages, each.Value())
		}
	}
}

// holdsTexts reports whether values of a type may have texts in them: numbers and strings have none.
func holdsTexts(t reflect.Type) bool {
	switch t.Kind() {
	case reflect.Pointer, reflect.Interface, reflect.Slice, reflect.Struct, reflect.Map:
		return true
	}
	return false
}

func (t Text) speak(languages []string) {
	if t == nil {
		return
	}
	delete(t, otherwise)
	for _, language := range languages {
		if text := t.Exactly(language); text != "" {
			t[otherwise] = text
			return
		}
	}
}

// Polish reports whether the project is Polish: Polish is among its languages, or it names none.
func (d *Definition) Polish() bool {
	return d == nil || len(d.Languages) == 0 || slices.ContainsFunc(d.Languages, func(tag string) bool {
		base, _, _ := strings.Cut(tag, "-")
		return strings.EqualFold(base, "pl")
	})
}
