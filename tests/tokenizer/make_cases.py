#!/usr/bin/env python3
"""Writes tests/tokenizer/<case>/{tokenizer.json,cases.json} with the reference library (tokenizers 0.23).

Every case is a small tokenizer that exercises some components. texts.json holds the texts of all cases; cases.json the
ids that the library gives for them, and for the first ones without special tokens where that differs. Run it again only to add cases: it overwrites all folders.
"""
import json
import pathlib
import sys

from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers

ROOT = pathlib.Path(__file__).resolve().parent

GPT2 = r"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"
CL100K = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)
ONE_DIGIT = CL100K.replace(r"\p{N}{1,3}", r"\p{N}")
MARKS = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?[\p{L}\p{M}]+|\p{N}| ?[^\s\p{L}\p{M}\p{N}]+[\r\n]*|\s*[\r\n]+"
    r"|\s+(?!\S)|\s+"
)
POSSESSIVE = (
    r"'(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?+\p{L}++|\p{N}{1,3}+| ?[^\s\p{L}\p{N}]++[\r\n]*+|\s++$|\s*[\r\n]|\s+(?!\S)|\s"
)
UPPER = r"[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]"
LOWER = r"[\p{Ll}\p{Lm}\p{Lo}\p{M}]"
SUFFIX = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)?"
O200K = (
    rf"[^\r\n\p{{L}}\p{{N}}]?{UPPER}*{LOWER}+{SUFFIX}|[^\r\n\p{{L}}\p{{N}}]?{UPPER}+{LOWER}*{SUFFIX}"
    r"|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)
THREE_SPLITS = [
    r"\p{N}{1,3}",
    r"[一-龥぀-ゟ゠-ヿ]+",
    r"[!\"#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~][A-Za-z]+|[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+| ?[\p{P}\p{S}]+[\r\n]*"
    r"|\s*[\r\n]+|\s+(?!\S)|\s+",
]
HAN = (
    r"[\p{Han}]+|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}&&[^\p{Han}]]*[\p{Ll}\p{Lm}\p{Lo}\p{M}&&[^\p{Han}]]+"
    r"|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)

TRAINING = [
    "The quick brown fox jumps over the lazy dog. It's what we'll do, isn't it? They've said THEY'RE right.",
    "def main(argv):\n    for i in range(1000):\n        print(i, 'hello world')\n\n\treturn 0\r\n",
    "In 2024 there were 12345678 tokens, 3.14159 of them odd; 50% were not. http://example.org/a_b?c=d&e=f",
    "Größe, façade, naïve, coöperate, Ελληνικά κείμενο, русский текст и ещё слова, עברית, العربية, हिन्दी में पाठ",
    "今天天气很好，我们去公园。日本語のテキストとカタカナ。한국어 텍스트입니다.",
    "The kernel driver registers the device and the clock; the properties of the node are optional. the the the and and",
    "HTTPServer getElementById snake_case_name CONSTANT_VALUE camelCase XMLParser iPhone",
    "  two  spaces   three    four     five\n\n\n\nnewlines\t\ttabs",
] * 4

TEXTS = [
    "",
    " ",
    "\n",
    "a",
    "Hello world",
    " Hello world",
    "  Hello  world  ",
    "Hello\r\nworld\r\n\r\n  next\n\n \n\t x",
    "It's we'll THEY'RE I'D 'tis don'T ’s",
    "1 12 123 1234 12345 1,234.56 ١٢٣ Ⅷ ½ ²",
    "日本語のテキスト、カタカナ。今天天气很好 한국어 텍스트 mixed 中文English混合",
    "Größe façade naı̈ve cafe\u0301 e\u0301\u0302 \u1e9b\u0323 ﬁ ｶﾞ ① ㍍ Å",
    "हिन्दी में पाठ ภาษาไทย العَرَبِيَّة עִבְרִית",
    "😀 👩‍👩‍👧‍👦 🇩🇪 👍🏽 e️⃣ \u200b\u200c\u200d\ufeff",
    "\x00\x01\x02\x7f\x80\x85\x9f\xa0 control\x0b\x0c",
    "\u180e \u2028 \u2029 \u3000 \u2003x\u202f\u205f \u1680",
    "a" * 60,
    " " * 60 + "x" + " " * 33,
    "the " * 50 + "\n" * 20 + "\t" * 7 + "end",
    "http://example.org/a_b?c=d&e=f#g foo@bar.com C:\\path\\file [link](url) {json: \"v\"} <tag/>",
    "HTTPServer getElementById snake_case_name CONSTANT camelCase XMLParser iPhone ǅ ŉ",
    "<s>Hello</s> <s> x</s><unk><pad>",
    "<|begin|>Hello<|end|> <|begin|> x<|end|><|begin|><|end|>y<|end|",
    "word[MASK]glued [MASK] , [MASK]\n[MASK]  x _[MASK] é[MASK]",
    "ADDED added Added xADDEDy added,ADDED İstanbul ẞ ΑΣ Σ ſ",
    "long_added_token long_added long_added_toke",
    "...!!!???---___ ;;: «quoted» “quoted” ‚x‘ §†‡ ¿¡ ＿ ‿",
    "\u0378 \U0001f9ff \U000e0001 \U0010ffff \ue000",
    "x\u0301\u0327\u0301 \u0301\u0301 a\u0308b",
    "𝔘𝔫𝔦𝔠𝔬𝔡𝔢 𠀀𠀁 Ａｂｃ １２３",
    "▁under▁score ▁▁ _ ▁",
    "tabs\tand\tmore\t\t\tend\t",
    "ends with spaces   ",
    "\n\nstarts with newlines",
    "if (x == 1) {\n    y += \"a\\n\";\n}\n\n\n// done\n",
]


def bpe(vocab_size=380, special=(), alphabet=(), **options):
    """A byte-level or character-level BPE trained on TRAINING by the given pre-tokenizer."""
    def train(normalizer, pre_tokenizer):
        tokenizer = Tokenizer(models.BPE())
        if normalizer is not None:
            tokenizer.normalizer = normalizer
        if pre_tokenizer is not None:
            tokenizer.pre_tokenizer = pre_tokenizer
        trainer = trainers.BpeTrainer(
            vocab_size=vocab_size, special_tokens=list(special), initial_alphabet=list(alphabet), show_progress=False
        )
        tokenizer.train_from_iterator(TRAINING, trainer)
        model = json.loads(tokenizer.to_str())["model"]
        merges = [tuple(pair) for pair in model["merges"]]
        tokenizer.model = models.BPE(model["vocab"], merges, **options)
        return tokenizer

    return train


def byte_level(normalizer, pre_tokenizer, special=("<|begin|>", "<|end|>"), **options):
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    tokenizer = bpe(special=special, alphabet=alphabet, **options)(normalizer, pre_tokenizer)
    tokenizer.decoder = decoders.ByteLevel()
    return tokenizer


def sentence_piece(normalizer, train_pre_tokenizer, pre_tokenizer, vocab_size=400, missing_bytes=(), **options):
    """Character-level BPE whose vocabulary begins like SentencePiece's: <unk>, <s>, </s>, 256 bytes."""
    small = [text for text in TRAINING if text.isascii()]
    tokenizer = Tokenizer(models.BPE())
    tokenizer.normalizer = normalizer
    tokenizer.pre_tokenizer = train_pre_tokenizer
    head = ["<unk>", "<s>", "</s>"] + [f"<0x{b:02X}>" for b in range(256) if b not in missing_bytes]
    trainer = trainers.BpeTrainer(vocab_size=vocab_size, special_tokens=head, show_progress=False)
    tokenizer.train_from_iterator(small, trainer)
    model = json.loads(tokenizer.to_str())["model"]
    result = Tokenizer(models.BPE(model["vocab"], [tuple(p) for p in model["merges"]], unk_token="<unk>", **options))
    result.normalizer = normalizer
    if pre_tokenizer is not None:
        result.pre_tokenizer = pre_tokenizer
    result.add_special_tokens([AddedToken(t, normalized=False, special=True) for t in ("<unk>", "<s>", "</s>")])
    return result


def split(pattern, behavior="isolated", invert=False):
    return pre_tokenizers.Split(Regex(pattern), behavior, invert=invert)


def letters(add_prefix_space=False, use_regex=False):
    return pre_tokenizers.ByteLevel(add_prefix_space=add_prefix_space, use_regex=use_regex)


def sequence(*parts):
    return pre_tokenizers.Sequence(list(parts))


def add_tricky(tokenizer):
    tokenizer.add_special_tokens([AddedToken("[MASK]", lstrip=True, rstrip=False, normalized=False, special=True)])
    tokenizer.add_tokens(
        [
            AddedToken("added", single_word=True, normalized=True),
            AddedToken("ADDED", normalized=False),
            AddedToken("long_added", rstrip=True, normalized=False),
            AddedToken("long_added_token", normalized=False),
            AddedToken("  ", normalized=False),
            AddedToken("中文", normalized=True),
            AddedToken("é", normalized=True, single_word=True),
        ]
    )
    return tokenizer


def template(tokenizer, single, tokens):
    tokenizer.post_processor = processors.TemplateProcessing(
        single=single, pair="$A $B:1", special_tokens=[(t, tokenizer.token_to_id(t)) for t in tokens]
    )
    return tokenizer


def cases():
    metaspace_replace = normalizers.Replace(" ", "▁")
    yield "bytes_prefix_space", byte_level(None, letters(add_prefix_space=True, use_regex=True))
    yield "bytes_default_pattern", add_tricky(byte_level(None, letters(use_regex=True)))
    t = byte_level(None, sequence(split(CL100K), letters()), ignore_merges=True)
    t = template(add_tricky(t), "<|begin|> $A", ["<|begin|>"])
    t.post_processor = processors.Sequence([processors.ByteLevel(trim_offsets=False), t.post_processor])
    yield "bytes_three_digits_ignore_merges", t
    yield "bytes_nfc_one_digit", add_tricky(byte_level(normalizers.NFC(), sequence(split(ONE_DIGIT), letters())))
    yield "bytes_marks", byte_level(normalizers.NFC(), sequence(split(MARKS), letters()))
    yield "bytes_possessive", byte_level(None, sequence(split(POSSESSIVE), letters()))
    yield "bytes_case_split", template(byte_level(None, sequence(split(O200K), letters())), "<|begin|> $A <|end|>", ["<|begin|>", "<|end|>"])
    yield "bytes_three_splits", byte_level(
        normalizers.Sequence([]), sequence(*[split(p) for p in THREE_SPLITS], letters())
    )
    yield "bytes_han", byte_level(None, sequence(split(HAN), letters()))
    yield "bytes_digits", byte_level(None, sequence(pre_tokenizers.Digits(individual_digits=True), letters(use_regex=True)))
    yield "bytes_then_digits", byte_level(
        None,
        sequence(
            pre_tokenizers.Punctuation("contiguous"),
            letters(use_regex=True),
            pre_tokenizers.Digits(individual_digits=False),
            split("[0-9][0-9][0-9]"),
        ),
    )
    yield "bytes_removed_inverted", byte_level(None, sequence(split(GPT2, "removed", invert=True), letters()))
    t = byte_level(normalizers.Sequence([normalizers.NFC(), normalizers.Replace(Regex(r"\s+"), " "), normalizers.Lowercase()]),
                   sequence(split(GPT2, "removed", invert=True), letters()), unk_token="<|end|>")
    t.model.end_of_word_suffix = "</w>"
    yield "bytes_word_suffix", template(add_tricky(t), "<|begin|> $A <|end|>", ["<|begin|>", "<|end|>"])
    for behavior in ("merged_with_previous", "merged_with_next", "contiguous", "removed"):
        for invert in (False, True):
            name = f"split_{behavior}" + ("_inverted" if invert else "")
            yield name, byte_level(None, sequence(split(r"\s|\d", behavior, invert), letters()))
    yield "split_string", byte_level(
        None, sequence(pre_tokenizers.Split("a.", "isolated"), pre_tokenizers.Split(" ", "merged_with_next"), letters())
    )
    yield "split_nested_class", byte_level(None, sequence(split(" ?[^(\\s|[.,!?…。，、।۔،])]+"), letters()))
    yield "split_empty_hits", byte_level(None, sequence(split(r"\d*|x?", "isolated"), letters()))
    yield "split_anchors", byte_level(None, sequence(split(r"^\w+$|\b\p{Lu}\h+|\w+|.", "isolated"), letters()))

    legacy = normalizers.Sequence([normalizers.Prepend("▁"), metaspace_replace])
    word = split("▁", "merged_with_next")
    t = sentence_piece(legacy, word, None, fuse_unk=True, byte_fallback=True)
    yield "pieces_prepend_fallback", template(t, "<s> $A", ["<s>"])
    t = sentence_piece(metaspace_replace, word, split(" ", "merged_with_previous"), fuse_unk=True, byte_fallback=True)
    t.add_tokens([AddedToken("\n" * n, normalized=False) for n in range(2, 6)])
    t.add_tokens([AddedToken("▁" * n, normalized=False) for n in range(2, 6)])
    yield "pieces_replace_fallback", template(t, "<s> $A", ["<s>"])
    yield "pieces_unknown_fused", add_tricky(sentence_piece(legacy, word, None, vocab_size=300, fuse_unk=True))
    yield "pieces_unknown_single", sentence_piece(legacy, word, None, vocab_size=300)
    yield "pieces_missing_bytes", sentence_piece(
        legacy, word, None, missing_bytes=(0xF0, 0xE4, 0x0A), fuse_unk=True, byte_fallback=True
    )
    for scheme in ("always", "first", "never"):
        for cut in (True, False):
            meta = pre_tokenizers.Metaspace(prepend_scheme=scheme, split=cut)
            yield f"metaspace_{scheme}" + ("" if cut else "_whole"), metaspace(meta)

    yield "normal_forms", chars(
        normalizers.Sequence([normalizers.NFKD(), normalizers.StripAccents(), normalizers.Lowercase()]), pre_tokenizers.Whitespace()
    )
    yield "normal_nfd", chars(normalizers.NFD(), pre_tokenizers.WhitespaceSplit())
    yield "normal_nfkc", chars(normalizers.NFKC(), sequence(pre_tokenizers.WhitespaceSplit(), pre_tokenizers.Punctuation()))
    yield "normal_strip", chars(normalizers.Strip(), pre_tokenizers.Metaspace(prepend_scheme="first"))
    yield "normal_strip_left", chars(normalizers.Strip(right=False), pre_tokenizers.CharDelimiterSplit(" "))
    yield "normal_clean_text", chars(normalizers.BertNormalizer(), pre_tokenizers.BertPreTokenizer())
    yield "normal_clean_text_cased", chars(
        normalizers.BertNormalizer(lowercase=False, clean_text=True, handle_chinese_chars=False),
        sequence(pre_tokenizers.BertPreTokenizer(), pre_tokenizers.Digits()),
    )
    yield "normal_byte_letters", byte_level_normalizer()

    t = add_tricky(unigram(byte_fallback=False))
    yield "unigram", t
    yield "unigram_fallback", unigram(byte_fallback=True)
    t = word_level()
    t.post_processor = processors.RobertaProcessing(("</s>", 2), ("<s>", 1))
    yield "words", t
    t = word_level()
    t.post_processor = processors.BertProcessing(("</s>", 2), ("<s>", 1))
    yield "words_other_processor", t


def chars(normalizer, pre_tokenizer):
    tokenizer = bpe(vocab_size=420, special=("<unk>",), unk_token="<unk>")(normalizer, pre_tokenizer)
    return add_tricky(tokenizer)


def metaspace(pre_tokenizer):
    tokenizer = sentence_piece_plain(pre_tokenizers.Metaspace(), pre_tokenizer)
    tokenizer.add_special_tokens([AddedToken("<|begin|>", normalized=False, special=True)])
    return tokenizer


def sentence_piece_plain(train_pre_tokenizer, pre_tokenizer):
    tokenizer = bpe(vocab_size=420, special=("<unk>", "<s>", "</s>"), unk_token="<unk>")(None, train_pre_tokenizer)
    tokenizer.pre_tokenizer = pre_tokenizer
    return tokenizer


def byte_level_normalizer():
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    return bpe(vocab_size=420, special=("<unk>",), alphabet=alphabet)(normalizers.ByteLevel(), split(r"Ġ?[^Ġ]+", "isolated"))


def unigram(byte_fallback):
    tokenizer = Tokenizer(models.Unigram())
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    special = ["<unk>", "<s>", "</s>"] + [f"<0x{b:02X}>" for b in range(256)] * byte_fallback
    trainer = trainers.UnigramTrainer(vocab_size=600, special_tokens=special, unk_token="<unk>", show_progress=False)
    tokenizer.train_from_iterator(TRAINING, trainer)
    model = json.loads(tokenizer.to_str())["model"]
    vocab = [(piece, score) for piece, score in model["vocab"]]
    tokenizer.model = models.Unigram(vocab, unk_id=0, byte_fallback=byte_fallback)
    return tokenizer


def word_level():
    tokenizer = Tokenizer(models.WordLevel(unk_token="<unk>"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    trainer = trainers.WordLevelTrainer(vocab_size=200, special_tokens=["<unk>", "<s>", "</s>"], show_progress=False)
    tokenizer.train_from_iterator(TRAINING, trainer)
    return tokenizer


def old_spelling(tokenizer_json):
    """Merges as strings and no `type`, as in files from before 2021."""
    data = json.loads(tokenizer_json)
    data["model"]["merges"] = [" ".join(pair) for pair in data["model"]["merges"]]
    del data["model"]["type"]
    del data["model"]["ignore_merges"]
    return json.dumps(data, ensure_ascii=False)


def write(name, text):
    tokenizer = Tokenizer.from_str(text)
    folder = ROOT / name
    folder.mkdir(exist_ok=True)
    (folder / "tokenizer.json").write_text(text, encoding="utf-8")
    with_special = [tokenizer.encode(sample).ids for sample in TEXTS]
    rows = {"ids": with_special}
    if tokenizer.post_processor is not None:
        rows["plain_ids"] = [tokenizer.encode(sample, add_special_tokens=False).ids for sample in TEXTS[:12]]
    (folder / "cases.json").write_text(json.dumps(rows, separators=(",", ":")) + "\n", encoding="utf-8")


def main():
    (ROOT / "texts.json").write_text(json.dumps(TEXTS, indent=0) + "\n", encoding="utf-8")
    for name, tokenizer in cases():
        write(name, json.dumps(json.loads(tokenizer.to_str()), ensure_ascii=False, separators=(",", ":")))
    text = byte_level(None, letters(use_regex=True)).to_str()
    write("bytes_old_spelling", old_spelling(text))
    total = sum(file.stat().st_size for file in ROOT.rglob("*.json"))
    print(f"{total / 1e6:.2f} MB", file=sys.stderr)


if __name__ == "__main__":
    main()
