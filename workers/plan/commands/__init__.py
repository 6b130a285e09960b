"""FFmpeg command lines: composed with ``ffmpeg-python``, compiled to argument lists, run elsewhere.

Nothing a user wrote stands in them: inputs are addresses that the sandbox gives, streams are numbers. Outputs
are plain file names in the tool's working directory.
"""
