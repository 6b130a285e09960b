"""What is said of lessons: values, by the rules that hold wherever they come from. Pure."""
