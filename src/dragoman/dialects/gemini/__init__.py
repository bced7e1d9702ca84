"""Google's generateContent, on AI Studio and on Vertex AI (spec/gemini.md)."""
