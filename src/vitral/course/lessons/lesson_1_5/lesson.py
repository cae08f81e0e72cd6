"""Lesson 1.5 as a marimo notebook: each cell shows a section of the text."""

import marimo

app = marimo.App(width="medium", css_file="../course.css")


@app.cell
def _():
    import marimo as mo

    from vitral.course import notebook

    lesson = notebook.open_lesson(mo, "1.5")
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
    notebook.section(mo, lesson, "slope")
    return


@app.cell
def _(lesson, mo, notebook):
    notebook.section(mo, lesson, "catalogue")
    return


@app.cell
def _(lesson, mo, notebook):
    notebook.section(mo, lesson, "twins")
    return


@app.cell
def _(lesson, mo, notebook):
    notebook.section(mo, lesson, "race")
    return


@app.cell
def _(lesson, mo, notebook):
    notebook.section(mo, lesson, "softmax")
    return


@app.cell
def _(lesson, mo, notebook):
    notebook.section(mo, lesson, "stable")
    return


@app.cell
def _(lesson, mo, notebook):
    notebook.section(mo, lesson, "gradient")
    return


@app.cell
def _(lesson, mo, notebook):
    notebook.section(mo, lesson, "layers")
    return


@app.cell
def _(lesson, mo, notebook):
    notebook.section(mo, lesson, "misconceptions")
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
