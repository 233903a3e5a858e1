"""Official figures as published: recognised by their header, read, kept by district (issue of
priority). Nothing of a publication is carried in the repository; a coordinator imports it.
"""
