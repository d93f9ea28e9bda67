"""The discovery document of Perspective's API, from which Google's client libraries make their methods."""

from __future__ import annotations

from typing import Any, Final

_NUMBER: Final = {"type": "number", "format": "float"}
_STRING: Final = {"type": "string"}
_STRINGS: Final = {"type": "array", "items": {"type": "string"}}
_SCORES: Final = {"type": "object", "additionalProperties": {"$ref": "AttributeScores"}}


def _object(name: str, **properties: Any) -> dict[str, Any]:
    return {"id": name, "type": "object", "properties": properties}


_SHARED: Final[dict[str, Any]] = {
    "comment": {"$ref": "TextEntry"},
    "context": {"$ref": "Context"},
    "languages": _STRINGS,
    "clientToken": _STRING,
    "sessionId": _STRING,
    "communityId": _STRING,
}
_SCHEMAS: Final = (
    _object("TextEntry", text=_STRING, type={"type": "string", "enum": ["TEXT_TYPE_UNSPECIFIED", "PLAIN_TEXT", "HTML"]}),
    _object("ArticleAndParentComment", article={"$ref": "TextEntry"}, parentComment={"$ref": "TextEntry"}),
    _object("Context", entries={"type": "array", "items": {"$ref": "TextEntry"}},
            articleAndParentComment={"$ref": "ArticleAndParentComment"}),
    _object("AttributeParameters", scoreType={"type": "string"}, scoreThreshold=_NUMBER),
    _object("Score", value=_NUMBER, type={"type": "string"}),
    _object("SpanScore", begin={"type": "integer", "format": "int32"}, end={"type": "integer", "format": "int32"},
            score={"$ref": "Score"}),
    _object("AttributeScores", summaryScore={"$ref": "Score"}, spanScores={"type": "array", "items": {"$ref": "SpanScore"}}),
    _object("AnalyzeCommentRequest", **_SHARED, doNotStore={"type": "boolean"}, spanAnnotations={"type": "boolean"},
            requestedAttributes={"type": "object", "additionalProperties": {"$ref": "AttributeParameters"}}),
    _object("AnalyzeCommentResponse", attributeScores=_SCORES, languages=_STRINGS, detectedLanguages=_STRINGS,
            clientToken=_STRING),
    _object("SuggestCommentScoreRequest", **_SHARED, attributeScores=_SCORES),
    _object("SuggestCommentScoreResponse", clientToken=_STRING, detectedLanguages=_STRINGS, requestedLanguages=_STRINGS,
            languages=_STRINGS),
)  # fmt: skip


def _method(name: str, request: str, response: str, description: str) -> dict[str, Any]:
    path = f"v1alpha1/comments:{name}"
    return {
        "id": f"commentanalyzer.comments.{name}",
        "path": path,
        "flatPath": path,
        "httpMethod": "POST",
        "description": description,
        "parameters": {},
        "parameterOrder": [],
        "request": {"$ref": request},
        "response": {"$ref": response},
    }


def document(root: str) -> dict[str, Any]:
    """The document of a service at the address ``root`` (ending in a slash)."""
    return {
        "kind": "discovery#restDescription",
        "discoveryVersion": "v1",
        "id": "commentanalyzer:v1alpha1",
        "name": "commentanalyzer",
        "version": "v1alpha1",
        "revision": "20261125",
        "title": "Comment scores",
        "description": "Perspective's AnalyzeComment, answered by the newsroom's own comment desk.",
        "protocol": "rest",
        "rootUrl": root,
        "baseUrl": root,
        "basePath": "",
        "servicePath": "",
        "batchPath": "batch",
        "parameters": {
            "key": {"type": "string", "location": "query", "description": "The site's key."},
            "alt": {"type": "string", "location": "query", "default": "json", "enum": ["json"]},
            "prettyPrint": {"type": "boolean", "location": "query", "default": "true"},
            "quotaUser": {"type": "string", "location": "query"},
        },
        "schemas": {one["id"]: one for one in _SCHEMAS},
        "resources": {
            "comments": {
                "methods": {
                    "analyze": _method(
                        "analyze", "AnalyzeCommentRequest", "AnalyzeCommentResponse", "Scores a comment."
                    ),
                    "suggestscore": _method(
                        "suggestscore",
                        "SuggestCommentScoreRequest",
                        "SuggestCommentScoreResponse",
                        "Suggests what a score should have been.",
                    ),
                }
            }
        },
    }
