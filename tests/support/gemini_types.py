"""The shapes of a generateContent request, as far as a text gateway can reach, for AI Studio and for Vertex.

Keys are those of JSON. `google-genai` knows for each field which of the two servers has it; what a server does not have
is missing from its shape here.
"""

from typing import Any, Literal, TypedDict

HarmCategory = Literal[
    "HARM_CATEGORY_HARASSMENT",
    "HARM_CATEGORY_HATE_SPEECH",
    "HARM_CATEGORY_SEXUALLY_EXPLICIT",
    "HARM_CATEGORY_DANGEROUS_CONTENT",
    "HARM_CATEGORY_CIVIC_INTEGRITY",
    "HARM_CATEGORY_JAILBREAK",
]
Threshold = Literal["BLOCK_LOW_AND_ABOVE", "BLOCK_MEDIUM_AND_ABOVE", "BLOCK_ONLY_HIGH", "BLOCK_NONE", "OFF"]
SchemaType = Literal["STRING", "NUMBER", "INTEGER", "BOOLEAN", "ARRAY", "OBJECT", "NULL"]


class Schema(TypedDict, total=False):
    """Of `parameters`: not JSON Schema. Maps are seen as lists of entries, so that paths are named as Google does."""

    additionalProperties: Any
    anyOf: list["Schema"]
    default: Any
    defs: list["SchemaEntry"]
    description: str
    enum: list[str]
    example: Any
    format: str
    items: "Schema"
    maxItems: int
    maxLength: int
    maxProperties: int
    maximum: float
    minItems: int
    minLength: int
    minProperties: int
    minimum: float
    nullable: bool
    pattern: str
    properties: list["SchemaEntry"]
    propertyOrdering: list[str]
    ref: str
    required: list[str]
    title: str
    type: SchemaType


class SchemaEntry(TypedDict, total=False):
    key: str
    value: Schema


class Blob(TypedDict, total=False):
    mimeType: str
    data: str
    displayName: str


class FileData(TypedDict, total=False):
    mimeType: str
    fileUri: str
    displayName: str


class FunctionCall(TypedDict, total=False):
    id: str
    name: str
    args: dict[str, Any]


class VertexFunctionCall(FunctionCall, total=False):
    partialArgs: list[dict[str, Any]]
    willContinue: bool


class VertexResponsePart(TypedDict, total=False):
    inlineData: Blob
    fileData: FileData
    mediaResolution: dict[str, Any]
    videoMetadata: dict[str, Any]


class StudioResponsePart(VertexResponsePart, total=False):
    mediaProcessing: dict[str, Any]


class ResponseFields(TypedDict, total=False):
    id: str
    name: str
    response: dict[str, Any]
    scheduling: str


class VertexFunctionResponse(ResponseFields, total=False):
    parts: list[VertexResponsePart]


class StudioFunctionResponse(ResponseFields, total=False):
    parts: list[StudioResponsePart]
    willContinue: bool


class ExecutableCode(TypedDict, total=False):
    id: str
    language: Literal["PYTHON"]
    code: str


class CodeExecutionResult(TypedDict, total=False):
    id: str
    outcome: Literal["OUTCOME_OK", "OUTCOME_FAILED", "OUTCOME_DEADLINE_EXCEEDED"]
    output: str


class ToolCall(TypedDict, total=False):
    id: str
    toolType: str
    args: dict[str, Any]


class ToolResponse(TypedDict, total=False):
    id: str
    toolType: str
    response: dict[str, Any]


class PartFields(TypedDict, total=False):
    text: str
    thought: bool
    thoughtSignature: str
    inlineData: Blob
    fileData: FileData
    executableCode: ExecutableCode
    codeExecutionResult: CodeExecutionResult
    videoMetadata: dict[str, Any]
    mediaResolution: dict[str, Any]
    mediaProcessing: dict[str, Any]


class VertexPart(PartFields, total=False):
    functionCall: VertexFunctionCall
    functionResponse: VertexFunctionResponse


class StudioPart(PartFields, total=False):
    functionCall: FunctionCall
    functionResponse: StudioFunctionResponse
    toolCall: ToolCall
    toolResponse: ToolResponse
    partMetadata: dict[str, Any]


class VertexContent(TypedDict, total=False):
    role: str
    parts: list[VertexPart]


class StudioContent(TypedDict, total=False):
    role: str
    parts: list[StudioPart]


class FunctionDeclaration(TypedDict, total=False):
    name: str
    description: str
    parameters: Schema
    parametersJsonSchema: Any
    response: Schema
    responseJsonSchema: Any


class StudioSearch(TypedDict, total=False):
    searchTypes: dict[str, Any]
    timeRangeFilter: dict[str, Any]


class VertexSearch(TypedDict, total=False):
    searchTypes: dict[str, Any]
    excludeDomains: list[str]
    blockingConfidence: str


class Empty(TypedDict, total=False):
    """A tool without options."""


class ToolFields(TypedDict, total=False):
    functionDeclarations: list[FunctionDeclaration]
    urlContext: Empty
    codeExecution: Empty
    googleMaps: dict[str, Any]
    googleSearchRetrieval: dict[str, Any]
    computerUse: dict[str, Any]


class StudioTool(ToolFields, total=False):
    googleSearch: StudioSearch
    fileSearch: dict[str, Any]
    mcpServers: list[dict[str, Any]]


class VertexTool(ToolFields, total=False):
    googleSearch: VertexSearch
    enterpriseWebSearch: dict[str, Any]
    parallelAiSearch: dict[str, Any]
    exaAiSearch: dict[str, Any]
    retrieval: dict[str, Any]


class CallingConfig(TypedDict, total=False):
    mode: Literal["AUTO", "ANY", "NONE", "VALIDATED"]
    allowedFunctionNames: list[str]


class VertexCallingConfig(CallingConfig, total=False):
    streamFunctionCallArguments: bool


class StudioToolConfig(TypedDict, total=False):
    functionCallingConfig: CallingConfig
    retrievalConfig: dict[str, Any]
    includeServerSideToolInvocations: bool


class VertexToolConfig(TypedDict, total=False):
    functionCallingConfig: VertexCallingConfig
    retrievalConfig: dict[str, Any]


class StudioSafetySetting(TypedDict, total=False):
    category: HarmCategory
    threshold: Threshold


class VertexSafetySetting(StudioSafetySetting, total=False):
    method: str


class ThinkingConfig(TypedDict, total=False):
    includeThoughts: bool
    thinkingBudget: int
    thinkingLevel: Literal["MINIMAL", "LOW", "MEDIUM", "HIGH", "XHIGH"]


class GenerationFields(TypedDict, total=False):
    temperature: float
    topP: float
    topK: float
    candidateCount: int
    maxOutputTokens: int
    stopSequences: list[str]
    seed: int
    presencePenalty: float
    frequencyPenalty: float
    responseLogprobs: bool
    logprobs: int
    responseMimeType: str
    responseSchema: Schema
    responseJsonSchema: Any
    responseModalities: list[str]
    mediaResolution: str
    thinkingConfig: ThinkingConfig
    imageConfig: dict[str, Any]
    speechConfig: dict[str, Any]


class StudioGenerationConfig(GenerationFields, total=False):
    enableEnhancedCivicAnswers: bool


class VertexGenerationConfig(GenerationFields, total=False):
    audioTimestamp: bool
    routingConfig: dict[str, Any]
    modelConfig: dict[str, Any]
    responseFormat: list[dict[str, Any]]


class StudioRequest(TypedDict, total=False):
    contents: list[StudioContent]
    systemInstruction: StudioContent
    tools: list[StudioTool]
    toolConfig: StudioToolConfig
    safetySettings: list[StudioSafetySetting]
    generationConfig: StudioGenerationConfig
    cachedContent: str
    labels: dict[str, str]
    serviceTier: Literal["standard", "flex", "priority"]
    continuationToken: str
    store: bool


class VertexRequest(TypedDict, total=False):
    contents: list[VertexContent]
    systemInstruction: VertexContent
    tools: list[VertexTool]
    toolConfig: VertexToolConfig
    safetySettings: list[VertexSafetySetting]
    generationConfig: VertexGenerationConfig
    cachedContent: str
    labels: dict[str, str]
    continuationToken: str
    modelArmorConfig: dict[str, Any]
    outputConfig: dict[str, Any]


class NamedRequest(StudioRequest, total=False):
    model: str


class StudioCount(TypedDict, total=False):
    contents: list[StudioContent]
    generateContentRequest: NamedRequest


class VertexCount(TypedDict, total=False):
    contents: list[VertexContent]
    systemInstruction: VertexContent
    tools: list[VertexTool]
    generationConfig: VertexGenerationConfig
