"""Lesson 1.8 as a marimo notebook: each cell shows a section of the text."""

import marimo

app = marimo.App(width="medium", css_file="../course.css")


@app.cell
def _():
    import marimo as mo

    from vitral.course import notebook

    lesson = notebook.open_lesson(mo, "1.8")
    return lesson, mo, notebook


@app.cell
def _(lesson, mo, notebook):
    notebook.heading(mo, lesson)
    return


@app.cell
def _(lesson, mo, notebook):
    notebook.section(mo, lesson, "question")
    return


@app.cell
def _(lesson, mo, notebook):
    notebook.section(mo, lesson, "forms")
    return


@app.cell
def _(lesson, mo, notebook):
    notebook.section(mo, lesson, "compile")
    return


@app.cell
def _(lesson, mo, notebook):
    notebook.section(mo, lesson, "methods")
    return


@app.cell
def _(lesson, mo, notebook):
    notebook.section(mo, lesson, "vitral")
    return


@app.cell
def _(lesson, mo, notebook):
    notebook.section(mo, lesson, "inside")
    return


@app.cell
def _(lesson, mo, notebook):
    notebook.section(mo, lesson, "mistakes")
    return


@app.cell
def _(lesson, mo, notebook):
    notebook.section(mo, lesson, "save")
    return


@app.cell
def _(lesson, mo, notebook):
    notebook.section(mo, lesson, "exercises")
    return


@app.cell
def _(lesson, mo, notebook):
    notebook.section(mo, lesson, "try")
    return


@app.cell
def _(lesson, mo, notebook):
    notebook.section(mo, lesson, "claims")
    return


@app.cell
def _(lesson, mo, notebook):
    notebook.section(mo, lesson, "references")
    return


@app.cell
def _(lesson, mo, notebook):
    notebook.ending(mo, lesson)
    return
