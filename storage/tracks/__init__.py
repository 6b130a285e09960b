"""Captions and chapters: text files of strangers in, clean WebVTT out. Pure: bytes and values, no input or output.

``read`` takes SRT, WebVTT or ASS, whatever the file is called; ``to_webvtt`` writes what is kept and played. The web
service reads what authors upload by it, the workers what they find inside a source.
"""
