// The .lcr language, version 1 (ANTLR 4.7.2, C++ target, runtime 4.9).
// A superset on purpose: the binder rejects with better words what the parser need not know
// (missing `with`, mixed set operators, a block field that does not exist, a duplicate, a wrong unit).
// Statement heads are reserved; every other word is contextual and listed in `name`.
grammar Lcr;

// The binder wants exactly one header, first.
file
    : languageLine (header | statement)* EOF
    ;

languageLine
    : LANGUAGE NUMBER
    ;

// One kind per file.
header
    : RECIPE STRING                                   # recipeHeader
    | PRESET name                                     # presetHeader
    | LIBRARY name                                    # libraryHeader
    | ARCHITECTURE name FOR list (TYPE list)?         # architectureHeader
    | SERVING name SINCE STRING                       # servingHeader
    | MACHINE name                                    # machineHeader
    ;

statement
    : useStatement
    | extendsStatement
    | paramStatement
    | selectStatement
    | schemeStatement
    | methodStatement
    | calibrateStatement
    | transformStatement
    | defaultStatement
    | ruleStatement
    | OVERRIDE ruleStatement
    | untieStatement
    | dequantizeStatement
    | budgetStatement
    | serveStatement
    | scheduleStatement
    | exportStatement
    | partStatement
    | configStatement
    | blockStatement
    | modelStatement
    | tieStatement
    | copyStatement
    | namesStatement
    | fusedStatement
    | layoutStatement
    | acceptStatement
    | requireStatement
    ;

// names and imports:

useStatement
    : USE module '.' '{' imported (',' imported)* '}'
    ;

module
    : dotted
    | STRING
    ;

imported
    : name (AS name)?
    ;

dotted
    : name ('.' name)*
    ;

extendsStatement
    : EXTENDS dotted arguments?
    ;

paramStatement
    : PARAM name ':' name ('=' value)?
    ;

selectStatement
    : SELECT name '=' value (EXPECT NUMBER)?
    ;

schemeStatement
    : SCHEME name fields
    ;

methodStatement
    : METHOD name '=' stack
    ;

// what happens to which module:

defaultStatement
    : DEFAULT (KEEP | REFUSE)
    ;

ruleStatement
    : KEEP value                                      # keepRule
    | QUANTIZE value AS precision (WITH stack)?       # quantizeRule
    | PRUNE value amount? (WITH call)?                # pruneRule
    ;

precision
    : AUTO '[' candidate (',' candidate)* ','? ']'    # automatic
    | value                                           # fixed
    ;

candidate
    : (KEEP | value) (WITH stack)?
    ;

stack
    : call (THEN call)*
    ;

// `by 25%` removes a share, `to 2:4` leaves two of four; the binder explains `to 50%` and `by 2:4`.
amount
    : (BY | TO) (NM | value)
    ;

transformStatement
    : TRANSFORM call (ON value)?
    ;

untieStatement
    : UNTIE value
    ;

dequantizeStatement
    : DEQUANTIZE value
    ;

// blocks:

calibrateStatement
    : CALIBRATE fields
    ;

budgetStatement
    : BUDGET fields
    ;

serveStatement
    : SERVE name fields
    ;

exportStatement
    : EXPORT name fields
    ;

scheduleStatement
    : SCHEDULE '{' scheduleItem* '}'
    ;

scheduleItem
    : DEVICE name deviceIds? fields                   # devicePlace
    | HOST fields                                     # hostPlace
    | DISK STRING fields                              # diskPlace
    | field                                           # scheduleField
    ;

deviceIds
    : '(' range (',' range)* ')'
    ;

fields
    : '{' field* '}'
    ;

field
    : name relation value (OVER value)?
    ;

relation
    : '=' | '<=' | '>='
    ;

// values and selections are one expression; the binder gives it a type:

value
    : term (setOperator term)*
    ;

setOperator
    : '|' | '&' | EXCEPT
    ;

term
    : OPTIONAL term                                   # optionalTerm
    | '(' value ')'                                   # groupedTerm
    | WHERE '(' comparison ')'                        # whereTerm
    | LAYERS '(' range (',' range)* ')'               # layersTerm
    | call                                            # callTerm
    | list                                            # listTerm
    | PATH                                            # pathTerm
    | REGEX                                           # regexTerm
    | STRING                                          # stringTerm
    | '-'? NUMBER                                     # numberTerm
    | '-'? QUANTITY                                   # quantityTerm
    ;

// `layers(` and `where(` have their own arguments, so the two words are names but never functions.
call
    : word arguments?
    | LAYERS
    | WHERE
    | REFUSE
    ;

arguments
    : '(' argument (',' argument)* ')'
    ;

argument
    : (name '=')? value
    ;

list
    : '[' (value (',' value)* ','?)? ']'
    ;

range
    : bound ('..' bound (BY NUMBER)?)?
    ;

bound
    : '-'? NUMBER
    ;

comparison
    : arithmetic comparator arithmetic
    ;

comparator
    : '==' | '!=' | '<' | '<=' | '>' | '>='
    ;

// Layered, not left-recursive: left recursion costs full-context prediction (measured: 19 reports on the drafted architecture).
arithmetic
    : product (('+' | '-') product)*
    ;

product
    : factor (('*' | '/' | '%') factor)*
    ;

factor
    : '(' arithmetic ')'
    | name
    | NUMBER
    ;

// architecture files:

// `part text at text_config or root is ["llama", "mistral"]`
partStatement
    : PART name AT name (OR name)? IS list
    ;

configStatement
    : CONFIG '{' setting* '}'
    ;

setting
    : target '=' graph
    | REQUIRE graph STRING                            // refuses a configuration that is not described
    ;

target
    : name ('[' name ']')?
    ;

blockStatement
    : BLOCK name parameters body
    ;

modelStatement
    : MODEL parameters? body
    ;

parameters
    : '(' parameter (',' parameter)* ')'
    ;

parameter
    : name ':' (shape | name) ('=' graph)?
    ;

tieStatement
    : TIE PATH TO PATH (WHEN graph)?
    ;

copyStatement
    : (COPY | DROP) PATH (ROLE name)? (WHEN graph)?
    ;

namesStatement
    : NAMES '{' (PATH (OR PATH)*)* '}'
    ;

fusedStatement
    : FUSED name '=' '[' PATH (',' PATH)* ']'
    ;

layoutStatement
    : LAYOUT STRING '{' layoutRow* '}'
    ;

layoutRow
    : PATH '=' (PATH | name '(' PATH (',' PATH)* ')') tensorView*
    ;

tensorView
    : '[' tensorSlice (',' tensorSlice)* ']'
    | '.' name
    ;

tensorSlice
    : '*'
    | sum ('..<' sum (BY NUMBER)?)?
    ;

// Steps, or one bare result. A bare result after steps would let `x = f (y)` be read two ways.
body
    : '{' (step+ | disjunction) '}'
    ;

step
    : target (',' target)* '=' graph                  # assignment
    | YIELD graph (',' graph)*                        # result
    | UNUSED graph                                    # unusedOperation
    | REPEAT name IN sum '..<' sum body               # loop
    | IF graph body (ELSE (ifStep | body))?           # branch
    ;

ifStep
    : IF graph body (ELSE (ifStep | body))?
    ;

graph
    : disjunction
    | choice
    ;

choice
    : IF graph body ELSE (choice | body)
    ;

disjunction
    : conjunction ((OR | DEFAULT) (conjunction | choice))*
    ;

conjunction
    : negation (AND negation)*
    ;

negation
    : NOT negation
    | relational
    ;

relational
    : sum ((comparator | NOT? IN) sum)?
    ;

// `h + if sparse { … } else { … }`: a choice can be the last operand of a sum.
sum
    : scaled (('+' | '-') (scaled | choice))*
    ;

// A shape belongs to the operation before it, and ends the product: `-> heads * head_dim` has one reading.
scaled
    : prefixed (annotation+ | (('*' | '/' | '%') prefixed)+)?
    ;

prefixed
    : '-' prefixed
    | postfix
    ;

postfix
    : atom ('.' name graphArguments? | '[' graph ']')*
    ;

atom
    : name graphArguments?                            # operationAtom
    | '(' graph ')'                                   # groupedAtom
    | '[' (graph (',' graph)*)? ']'                   # listAtom
    | STRING                                          # textAtom
    | NUMBER                                          # numberAtom
    ;

// A path makes an operation own weights.
graphArguments
    : PATH? '(' (graphArgument (',' graphArgument)*)? ')'
    ;

graphArgument
    : (name '=')? graph
    ;

annotation
    : '->' (shape | extent)
    | ROLE name
    | OVER name IN sum '..<' sum body
    ;

// `hidden`, `[heads, head_dim]`, and `(a, [b, c])` for one weight with several outputs
shape
    : '[' sum (',' sum)* ']'
    | '(' (shape | extent) (',' (shape | extent))* ')'
    ;

extent
    : name
    | NUMBER
    ;

// serving files:

acceptStatement
    : ACCEPT name ON value fields
    ;

requireStatement
    : REQUIRE (comparison | call) ON value (WHEN fields)? ELSE STRING
    ;

// contextual words:

name
    : word
    | LAYERS
    | WHERE
    ;

word
    : IDENT
    | ARCHITECTURE | AT | BLOCK | BY | CONFIG | DEVICE | DISK | FOR | FUSED | HOST | IN | IS
    | MODEL | NAMES | ON | OVER | PART | ROLE | SINCE | TO | TYPE
    ;

// lexer:

LANGUAGE     : 'language';
RECIPE       : 'recipe';
PRESET       : 'preset';
LIBRARY      : 'library';
ARCHITECTURE : 'architecture';
SERVING      : 'serving';
MACHINE      : 'machine';
USE          : 'use';
EXTENDS      : 'extends';
PARAM        : 'param';
SELECT       : 'select';
SCHEME       : 'scheme';
METHOD       : 'method';
CALIBRATE    : 'calibrate';
TRANSFORM    : 'transform';
DEFAULT      : 'default';
KEEP         : 'keep';
QUANTIZE     : 'quantize';
PRUNE        : 'prune';
OVERRIDE     : 'override';
UNTIE        : 'untie';
DEQUANTIZE   : 'dequantize';
BUDGET       : 'budget';
SERVE        : 'serve';
SCHEDULE     : 'schedule';
EXPORT       : 'export';
CONFIG       : 'config';
BLOCK        : 'block';
MODEL        : 'model';
FUSED        : 'fused';
TIE          : 'tie';
COPY         : 'copy';
DROP         : 'drop';
NAMES        : 'names';
LAYOUT       : 'layout';
PART         : 'part';
ACCEPT       : 'accept';
REQUIRE      : 'require';
REFUSE       : 'refuse';

AND          : 'and';
AS           : 'as';
AT           : 'at';
AUTO         : 'auto';
BY           : 'by';
DEVICE       : 'device';
DISK         : 'disk';
ELSE         : 'else';
EXCEPT       : 'except';
EXPECT       : 'expect';
FOR          : 'for';
HOST         : 'host';
IF           : 'if';
IN           : 'in';
IS           : 'is';
LAYERS       : 'layers';
NOT          : 'not';
ON           : 'on';
OPTIONAL     : 'optional';
OR           : 'or';
OVER         : 'over';
REPEAT       : 'repeat';
ROLE         : 'role';
SINCE        : 'since';
THEN         : 'then';
TO           : 'to';
TYPE         : 'type';
UNUSED       : 'unused';
WHEN         : 'when';
WHERE        : 'where';
WITH         : 'with';
YIELD        : 'yield';

LBRACE   : '{';
RBRACE   : '}';
LPAREN   : '(';
RPAREN   : ')';
LBRACKET : '[';
RBRACKET : ']';
DOT      : '.';
DOTS     : '..';
UNTIL    : '..<';
COMMA    : ',';
COLON    : ':';
ARROW    : '->';
ASSIGN   : '=';
EQ       : '==';
NE       : '!=';
LT       : '<';
LE       : '<=';
GT       : '>';
GE       : '>=';
PLUS     : '+';
MINUS    : '-';
STAR     : '*';
SLASH    : '/';
PERCENT  : '%';
PIPE     : '|';
AMP      : '&';

NM       : DIGITS ':' DIGITS;
QUANTITY : DIGITS ('.' DIGITS)? ('%' | 'B' | 'KiB' | 'MiB' | 'GiB' | 'TiB' | 'KB' | 'MB' | 'GB' | 'TB' | 'bit' | 'bpw' | 'tok' | 'ms' | 's' | 'min' | 'h');
NUMBER   : DIGITS ('.' DIGITS)? ([eE] [+-]? DIGITS)?;
IDENT    : [A-Za-z_] [A-Za-z_0-9]*;
STRING   : '"' STRING_BODY* '"';
REGEX    : 're`' ~[`\r\n]+ '`';
PATH     : '`' ~[`\r\n]* '`';

DOC      : '##' ~[\r\n]* -> channel(2);
COMMENT  : '#' (~[#\r\n] ~[\r\n]*)? -> channel(HIDDEN);
SPACE    : [ \t\r\n]+ -> channel(HIDDEN);

// The lexer never fails: each of these becomes one specific diagnostic. They are one character shorter than the real token.
BAD_QUANTITY        : NUMBER [A-Za-z_] [A-Za-z_0-9]*;
UNTERMINATED_STRING : '"' STRING_BODY*;
UNTERMINATED_PATH   : 're'? '`' ~[`\r\n]*;
UNKNOWN             : . ;

fragment DIGITS      : [0-9]+;
fragment STRING_BODY : ~["\\\r\n] | '\\' ["\\nt];
