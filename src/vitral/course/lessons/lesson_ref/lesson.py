"""The reading as a marimo notebook: each cell shows a section of the text."""

import marimo

app = marimo.App(width="medium", css_file="../course.css")


@app.cell
def _():
    import marimo as mo

    from vitral.course import notebook

    lesson = notebook.open_lesson(mo, "ref")
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
    notebook.section(mo, lesson, "odds")
    return


@app.cell
def _(lesson, mo, notebook):
    notebook.section(mo, lesson, "likelihood")
    return


@app.cell
def _(lesson, mo, notebook):
    notebook.section(mo, lesson, "log")
    return


@app.cell
def _(lesson, mo, notebook):
    notebook.section(mo, lesson, "loss")
    return


@app.cell
def _(lesson, mo, notebook):
    notebook.section(mo, lesson, "gradient")
    return


@app.cell
def _(lesson, mo, notebook):
    notebook.section(mo, lesson, "convex")
    return


@app.cell
def _(lesson, mo, notebook):
    notebook.section(mo, lesson, "descent")
    return


@app.cell
def _(lesson, mo, notebook):
    notebook.section(mo, lesson, "classes")
    return


@app.cell
def _(lesson, mo, notebook):
    notebook.section(mo, lesson, "peers")
    return


@app.cell
def _(lesson, mo, notebook):
    notebook.section(mo, lesson, "separable")
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
