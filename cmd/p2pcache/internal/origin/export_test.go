package origin

// Life is life.
var Life = life

// URL returns the URL that the template asks for group and key, and whether there is one.
func URL(text, group, key string) (string, bool, error) {
	t, err := parseTemplate(text)
	if err != nil {
		return "", false, err
	}
	keyed, err := t.withGroup(group)
	if err != nil {
		return "", false, err
	}
	target, ok := keyed.url(key)
	return target, ok, nil
}
