package oracle

import "strings"

// Why the runner is on our side where GitHub's evaluator in TypeScript is not:
// what DistributedTask.Expressions2 of actions/runner v2.336.0 does, by class.
const (
	notANumber  = "ToJson writes a number as ConvertToString does, NaN and Infinity too"
	g15         = "ConvertToString and ToJson write numbers in .NET's format G15; the oracle writes as JavaScript does"
	oneToOne    = "OrdinalIgnoreCase maps one character to one, and not ſ to S; the oracle's toUpperCase may make two of one"
	prefixes    = "ParseNumber knows 0x and 0o, in lower case alone; JavaScript's Number also 0b, and upper case"
	int32Only   = "ParseNumber reads 0x and 0o as an Int32, so ffffffff is -1 and what needs more bits is no number"
	infinity    = "Double.TryParse finds the names of infinity in any case, since .NET Core 3.0"
	lazy        = "Case and Format evaluate only the arguments that they need; the oracle evaluates all"
	quotes      = "ReadStringToken makes one quote of each two; the oracle only of the first two"
	sameKeys    = "DictionaryContextData: of keys that are equal without case, the first one's spelling and the last one's value"
	prototype   = "the oracle takes what every JavaScript object inherits for a key that is there"
	numericKeys = "DictionaryContextData keeps the order of keys; JavaScript puts those that are numbers first"
	specifiers  = "Format: behind the number there may be a colon and a format for dates, which other values refuse; the oracle skips what is there"
	newtonsoft  = "JsonConvert escapes NEL, LS and PS"
	trailing    = "LexicalAnalyzer: a parenthesis cannot follow a comma"
	parentheses = "CheckMaxDepth counts the nodes of the tree; parentheses that group are none"
	chains      = "CheckMaxDepth: each == of a chain is a node below the next; the oracle does not count them"
)

var expressionDisagrees = map[string]string{
	`toJSON(NaN)`:       notANumber,
	`toJSON(Infinity)`:  notANumber,
	`toJSON(-Infinity)`: notANumber,

	`1.7976931348623157e308`:                g15,
	`fromJSON('1.7976931348623157e308')`:    g15,
	`format('{0}', 1.7976931348623157e308)`: g15,
	`toJSON(1e15)`:                          g15,
	`toJSON(0.00001)`:                       g15,
	`fromJSON('1e15')`:                      g15,
	`fromJSON('1e21')`:                      g15,
	`fromJSON('1E-7')`:                      g15,
	`fromJSON('12345678901234567890')`:      g15,

	`'ß' == 'SS'`:               oneToOne,
	`'ſ' == 's'`:                oneToOne,
	`'ﬀ' == 'FF'`:               oneToOne,
	`startsWith('ßa', 'SS')`:    oneToOne,
	`endsWith('straße', 'SSE')`: oneToOne,

	`'0X10' == 16`:                prefixes,
	`'0b11' == 3`:                 prefixes,
	`'0O10' == 8`:                 prefixes,
	`0b11`:                        prefixes,
	`0B11`:                        prefixes,
	`0X1F`:                        prefixes,
	`0O17`:                        prefixes,
	`'0xffffffff' == 4294967295`:  int32Only,
	`'0xffffffff' == -1`:          int32Only,
	`'0x80000000' < 0`:            int32Only,
	`'0x100000000' == 4294967296`: int32Only,
	`'0o37777777777' == -1`:       int32Only,
	`0xffffffff`:                  int32Only,
	`0x100000000`:                 int32Only,
	`'infinity' == Infinity`:      infinity,
	`'-infinity' == -Infinity`:    infinity,
	`-infinity`:                   infinity,

	`case(true, 1, fromJSON('x'))`:  lazy,
	`case(false, fromJSON('x'), 2)`: lazy,
	`format('x', fromJSON('bad'))`:  lazy,

	`''''''`:                    quotes,
	`'it''s a ''quoted'' word'`: quotes,
	`'a''''b'`:                  quotes,
	`'''a'''`:                   quotes,

	`fromJSON('{"a":1,"A":2}').a`:                           sameKeys,
	`fromJSON('{"B":1,"b":2}')`:                             sameKeys,
	`fromJSON('{"constructor":1}').constructor`:             prototype,
	`fromJSON('{"2":1,"1":2,"a":3}')`:                       numericKeys,
	`format('{0:x}', 1)`:                                    specifiers,
	`format('{0 }', 1)`:                                     specifiers,
	`format('{0x}', 1)`:                                     specifiers,
	`contains('a','b',)`:                                    trailing,
	strings.Repeat("(", 50) + "1" + strings.Repeat(")", 50): parentheses,
	strings.Repeat("(", 60) + "1" + strings.Repeat(")", 60): parentheses,
	"1" + strings.Repeat(" == 1", 50):                       chains,
	"1" + strings.Repeat(" == 1", 60):                       chains,

	`toJSON(fromJSON('{"z":{"y":[]},"x":{},"<&>":"\u2028\u0085\u007f\u0001\u001f"}'))`: newtonsoft,
}
