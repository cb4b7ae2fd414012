package oracle

// Why an oracle disagrees, and who is right. The runner is: its reader is
// YamlObjectReader and TemplateReader of actions/runner v2.336.0, over
// YamlDotNet, which reads YAML 1.1.

const (
	theyMerge  = "ours: what a merge key or a second document holds is reported beside the problem; the oracle, like the runner, refuses it"
	ourBreaks  = "ours: NEL, LS and PS end a comment for YAML 1.1 readers as the runner's"
	wrongForms = "ours: what the runner refuses is reported beside the problem; the oracle drops it"
)

var actionlintDisagrees = map[string]string{
	"13-merge-multidoc":      theyMerge,
	"46-merge-list":          theyMerge,
	"25-other-line-ends":     "ours: an editor shows no line break at NEL, LS and PS, where actionlint counts one; both find the references",
	"28-explicit-keys":       "ours: an empty value stands just behind its key or colon, actionlint takes the next token; [ ? uses : x ] as a step is refused by the runner",
	"30-empty-values":        "ours: as above; and an empty container or service image asks for none, which actionlint lists",
	"45-duplicate-keys":      wrongForms,
	"74-keys-in-blocks":      wrongForms,
	"39-parallel":            "ours: actionlint does not know parallel",
	"44-expressions":         "ours: containers may have keys that are expressions, and ${{ 'uses' }} is the key uses (TemplateReader, ParseScalar)",
	"73-literal-expressions": "ours: as above",
	"69-odd-forms":           wrongForms,
}

// actionlintUnasked are the files that it is not asked about.
var actionlintUnasked = map[string]string{
	"37-cyclic-alias":    neverEnds,
	"71-alias-bomb":      neverEnds,
	"72-step-alias-bomb": neverEnds,
}

const (
	neverEnds  = "the oracles follow aliases without a bound"
	atValue    = "ours by the contract: the position is that of the anchor or tag before the value, the oracle's that of the value"
	literalKey = "both: ${{ 'text' }} is that text; a value with an expression is reported as dynamic, as it was written, at the anchor"
)

var parserDisagrees = map[string]string{
	"02-scalar-anchor-flow":   atValue,
	"26-block-scalars":        atValue,
	"35-anchors-redefined":    atValue,
	"75-anchors-replayed":     atValue,
	"36-aliases-everywhere":   atValue + "; and the oracle cannot read an alias as a key, which the runner can",
	"21-bom-first-line":       "ours: the byte order mark is no character of the line",
	"24-wide-characters":      "ours: columns are characters, the oracle's UTF-16 units",
	"25-other-line-ends":      ourBreaks + "; the oracle reads YAML 1.2",
	"39-parallel":             wrongForms,
	"45-duplicate-keys":       wrongForms,
	"74-keys-in-blocks":       wrongForms,
	"44-expressions":          "ours: a duplicate key's image and expression keys are reported; the oracle prints expressions normalised",
	"46-merge-list":           theyMerge,
	"53-syntax-unknown-alias": "ours: the runner refuses an alias without an anchor, the oracle reads on",
	"57-control-characters":   "both find it: a control character is shown as _ and makes the reference invalid",
	"63-not-utf-8":            "both find it: a byte that is no text is shown as _ and makes the reference invalid",
	"69-odd-forms":            wrongForms,
	"73-literal-expressions":  literalKey,
}

// parserUnasked are the files that GitHub's parser is not asked about.
var parserUnasked = map[string]string{
	"37-cyclic-alias":    neverEnds,
	"71-alias-bomb":      neverEnds,
	"72-step-alias-bomb": neverEnds,
}
